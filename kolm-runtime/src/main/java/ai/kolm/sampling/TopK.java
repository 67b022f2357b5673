package ai.kolm.sampling;

/**
 * Keeps the k most likely tokens (Fan, Lewis and Dauphin 2018, "Hierarchical neural story
 * generation").
 *
 * <p>One pass, with a buffer of those that beat the k-th best so far; when it is full, the buffer
 * is cut to its k best.
 *
 * @param k at least 1
 */
record TopK(int k) implements Sampler {
  private static final int SMALLEST_BUFFER = 512;

  @Override
  public void apply(Candidates candidates) {
    if (k >= candidates.count) {
      return;
    }
    int buffer = (int) Math.min(candidates.count, Math.max(2L * k, SMALLEST_BUFFER));
    Ranking ranking = candidates.ranking;
    ranking.clear();
    float[] logits = candidates.logits;
    float floor = Float.NEGATIVE_INFINITY;
    boolean full = false;
    for (int i = 0; i < candidates.count; i++) {
      if (logits[i] > floor || !full) {
        ranking.add(logits[i], i);
        if (ranking.size() == buffer) {
          floor = Ranking.score(ranking.keep(k));
          full = true;
        }
      }
    }
    candidates.keepThrough(ranking.keep(k), logits);
  }
}
