package ai.kolm.sampling;

/**
 * Keeps tokens at least {@code fraction} times as likely as the most likely one (Nguyen et al.
 * 2024, "Turning up the heat: min-p sampling").
 *
 * @param fraction above 0, at most 1
 */
record MinP(float fraction) implements Sampler {

  @Override
  public void apply(Candidates candidates) {
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < candidates.count; i++) {
      highest = Math.max(highest, candidates.logits[i]);
    }
    candidates.keepAtLeast(highest + (float) StrictMath.log(fraction));
  }
}
