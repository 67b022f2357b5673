package ai.kolm.sampling;

/**
 * How likely the model found a token, and which it found most likely: the log-softmax of its
 * logits, before bias, penalties, temperature and mask.
 *
 * @param logprob natural logarithm of the probability of the token
 * @param topIds the most likely tokens, most likely first, equal ones by id
 * @param topLogprobs their logarithms, (topIds)
 */
public record TokenScores(double logprob, int[] topIds, double[] topLogprobs) {

  /**
   * Scores {@code token} under a row of logits. The sum runs from the lowest id on, so the result
   * is the same everywhere.
   *
   * @param row logits, (vocabulary size), all finite
   * @param token the token to score
   * @param top how many of the most likely tokens to report, at least 0; small
   * @throws ArithmeticException if a logit is not finite
   */
  public static TokenScores of(float[] row, int token, int top) {
    SamplerChain.requireFinite(row);
    int[] ids = most(row, Math.min(top, row.length));
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : row) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : row) {
      sum += Exp.of(logit - highest);
    }
    double normaliser = highest + StrictMath.log(sum);
    double[] logprobs = new double[ids.length];
    for (int i = 0; i < ids.length; i++) {
      logprobs[i] = row[ids[i]] - normaliser;
    }
    return new TokenScores(row[token] - normaliser, ids, logprobs);
  }

  /** The ids of the highest logits, by insertion into a short sorted list. */
  private static int[] most(float[] row, int count) {
    int[] ids = new int[count];
    int size = 0;
    for (int id = 0; id < row.length && count > 0; id++) {
      if (size == count && row[id] <= row[ids[size - 1]]) {
        continue;
      }
      int at = size < count ? size++ : size - 1;
      for (; at > 0 && row[ids[at - 1]] < row[id]; at--) {
        ids[at] = ids[at - 1];
      }
      ids[at] = id;
    }
    return ids;
  }
}
