package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.kernels.Panels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares activations, stage by stage, with the checksums of the reference, so that a failure
 * names the first stage that differs.
 */
final class StageChecks implements DecoderModel.Probe {
  private final int headDim;
  private final Map<String, float[][]> seen = new HashMap<>();

  StageChecks(int headDim) {
    this.headDim = headDim;
  }

  @Override
  public void at(String stage, Panels values) {
    float[][] rows = new float[values.rows()][values.width()];
    for (int row = 0; row < rows.length; row++) {
      values.copyRow(row, rows[row]);
    }
    seen.merge(stage, rows, StageChecks::append);
  }

  private static float[][] append(float[][] a, float[][] b) {
    float[][] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /**
   * Checks all stages of a reference.
   *
   * @param tolerance as a fraction of the last position's standard deviation
   * @param postNorms whether the norm that the reference calls post_attention_layernorm follows the
   *     attention rather than precedes the feed-forward
   * @return the number of stages compared
   */
  int check(JsonObject golden, double tolerance, boolean postNorms) throws JsonException {
    int compared = 0;
    for (JsonObject stage : golden.objects("stages")) {
      String at = stage.string("at");
      float[][] rows = seen.get(name(at, postNorms));
      if (rows == null) {
        // Fused projections are split here, so that stage does not exist; all others must.
        assertEquals("layer.0.qkv_proj", at);
        continue;
      }
      boolean byHead = at.endsWith("q_norm") || at.endsWith("k_norm");
      check(at, stage, byHead ? heads(rows) : rows, tolerance);
      compared++;
    }
    return compared;
  }

  /** The reference norms each head as a row of its own. */
  private float[][] heads(float[][] rows) {
    int count = rows[0].length / headDim;
    float[][] heads = new float[rows.length * count][];
    for (int i = 0; i < heads.length; i++) {
      int from = i % count * headDim;
      heads[i] = Arrays.copyOfRange(rows[i / count], from, from + headDim);
    }
    return heads;
  }

  private static void check(String at, JsonObject stage, float[][] rows, double tolerance)
      throws JsonException {
    double unit = tolerance * stage.findNumber("last_std").orElseThrow();
    float[] last = rows[rows.length - 1];
    double[] expected = GoldenFile.numbers(stage.array("last_first8"));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], last[i], unit, at + " last position, channel " + i);
    }
    double mean = mean(last);
    assertEquals(stage.findNumber("last_mean").orElseThrow(), mean, unit, at + " last_mean");
    assertEquals(
        stage.findNumber("last_std").orElseThrow(), deviation(last, mean), unit, at + " last_std");
    double all = Arrays.stream(rows).mapToDouble(StageChecks::mean).average().orElseThrow();
    double std = stage.findNumber("std").orElseThrow();
    assertEquals(stage.findNumber("mean").orElseThrow(), all, tolerance * std, at + " mean");
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double deviation(float[] values, double mean) {
    double sum = 0;
    for (float value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  private static String name(String reference, boolean postNorms) {
    if (reference.equals("final_norm")) {
      return "output_norm";
    }
    int dot = reference.indexOf('.', "layer.".length());
    if (!reference.startsWith("layer.") || dot < 0) {
      return reference;
    }
    String module = reference.substring(dot + 1);
    return reference.substring(0, dot + 1)
        + switch (module) {
          case "input_layernorm" -> "attn_norm";
          case "q_proj" -> "attn_q";
          case "k_proj" -> "attn_k";
          case "v_proj" -> "attn_v";
          case "q_norm" -> "attn_q_norm";
          case "k_norm" -> "attn_k_norm";
          case "attention_heads" -> "heads";
          case "o_proj" -> "attn_output";
          case "post_attention_layernorm" -> postNorms ? "post_attention_norm" : "ffn_norm";
          case "pre_feedforward_layernorm" -> "ffn_norm";
          case "mlp" -> "ffn";
          case "post_feedforward_layernorm" -> "post_ffw_norm";
          default -> module;
        };
  }
}
