package ai.kolm.sampling;

/**
 * Divides the logits: below 1 sharpens the distribution, above 1 flattens it.
 *
 * @param value positive
 */
record Temperature(float value) implements Sampler {

  @Override
  public void apply(Candidates candidates) {
    float[] logits = candidates.logits;
    for (int i = 0; i < candidates.count; i++) {
      logits[i] /= value;
    }
  }
}
