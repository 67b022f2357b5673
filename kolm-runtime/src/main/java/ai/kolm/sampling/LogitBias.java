package ai.kolm.sampling;

import java.util.Map;

/** Adds a constant to the logits of some tokens. */
final class LogitBias {
  private final int[] ids;
  private final float[] biases;

  LogitBias(Map<Integer, Float> bias) {
    ids = bias.keySet().stream().mapToInt(Integer::intValue).toArray();
    biases = new float[ids.length];
    for (int i = 0; i < ids.length; i++) {
      biases[i] = bias.getOrDefault(ids[i], 0f);
    }
  }

  void apply(float[] row) {
    for (int i = 0; i < ids.length; i++) {
      row[ids[i]] += biases[i];
    }
  }
}
