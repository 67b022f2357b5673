package ai.kolm.sampling;

/**
 * Keeps the smallest set of most likely tokens whose probabilities sum to at least {@code mass}
 * (nucleus sampling; Holtzman et al. 2019, "The curious case of neural text degeneration").
 *
 * <p>Tokens of probability below (1 - mass) / n can be left out at once: n of them do not reach
 * what may be missing.
 *
 * @param mass 0 to below 1; at 0 the most likely token stays
 */
record TopP(float mass) implements Sampler {
  private static final float ROUNDING = 1e-4f;

  @Override
  public void apply(Candidates candidates) {
    double total = candidates.weigh();
    double negligible = (1.0 - mass) * total / candidates.count;
    candidates.keepAtLeast((float) StrictMath.log(negligible) - ROUNDING);
    Ranking ranking = candidates.ranking;
    ranking.clear();
    for (int i = 0; i < candidates.count; i++) {
      ranking.add(candidates.logits[i], i);
    }
    candidates.keepThrough(ranking.reach(candidates.weights, mass * total), candidates.logits);
  }
}
