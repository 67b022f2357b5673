package ai.kolm.sampling;

/**
 * Keeps the smallest set of tokens whose information content is closest to the expected one, and
 * whose probabilities sum to at least {@code mass} (Meister, Pimentel, Wiher and Cotterell 2022,
 * "Locally typical sampling"). It can remove the most likely token.
 *
 * <p>The distance |-ln p - H| needs no logarithm: with relative logits x and p = exp(x) / Z, ln Z
 * cancels and |x - E[x]| is left.
 *
 * @param mass 0 to below 1; at 0 the most typical token stays
 */
record Typical(float mass) implements Sampler {

  @Override
  public void apply(Candidates candidates) {
    double total = candidates.weigh();
    double expected = expectedLogit(candidates) / total;
    Ranking ranking = candidates.ranking;
    ranking.clear();
    for (int i = 0; i < candidates.count; i++) {
      candidates.scores[i] = (float) -Math.abs(candidates.logits[i] - expected);
      ranking.add(candidates.scores[i], i);
    }
    candidates.keepThrough(ranking.reach(candidates.weights, mass * total), candidates.scores);
  }

  private static double expectedLogit(Candidates candidates) {
    double sum = 0;
    for (int i = 0; i < candidates.count; i++) {
      double weight = candidates.weights[i];
      sum += weight == 0 ? 0 : weight * candidates.logits[i];
    }
    return sum;
  }
}
