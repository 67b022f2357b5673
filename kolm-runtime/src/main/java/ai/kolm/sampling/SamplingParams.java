package ai.kolm.sampling;

import java.util.Map;

/**
 * How the next token is chosen. Stages run in this order: logit bias, penalties, grammar mask,
 * temperature, top-k, typical, top-p, min-p, draw. Each sees what the one before left, with
 * probabilities that sum to 1 again, and leaves at least one token; of equally good tokens the one
 * with the lower id stays.
 *
 * @param temperature divides the logits; 0 takes the most likely token and skips the rest; 0 to 2,
 *     default 1
 * @param topK keep the k most likely tokens (Fan et al. 2018); 0 (default) keeps all
 * @param topP keep the fewest most likely tokens that together reach this probability (Holtzman et
 *     al. 2019); 0 keeps one, default 1 keeps all
 * @param minP keep tokens at least this fraction as likely as the most likely one (Nguyen et al.
 *     2024); default 0 keeps all
 * @param typicalP keep the fewest tokens of the most expected information content that together
 *     reach this probability (Meister et al. 2022); default 1 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt
 *     and answer (Keskar et al. 2019); 0.1 to 10, default 1
 * @param frequencyPenalty subtracted per occurrence in the answer, -2 to 2; default 0
 * @param presencePenalty subtracted once for tokens in the answer, -2 to 2; default 0
 * @param logitBias added to the logit of a token, -100 to 100
 */
public record SamplingParams(
    float temperature,
    int topK,
    float topP,
    float minP,
    float typicalP,
    float repetitionPenalty,
    float frequencyPenalty,
    float presencePenalty,
    Map<Integer, Float> logitBias) {

  /** Draw from the model's own distribution. */
  public static final SamplingParams DEFAULT = new SamplingParams(1, 0, 1, 0, 1, 1, 0, 0, Map.of());

  /** Always the most likely token. */
  public static final SamplingParams GREEDY = new SamplingParams(0, 0, 1, 0, 1, 1, 0, 0, Map.of());

  /**
   * @throws IllegalArgumentException if a value is outside its range
   */
  public SamplingParams {
    range("temperature", temperature, 0, 2);
    range("top_k", topK, 0, Integer.MAX_VALUE);
    range("top_p", topP, 0, 1);
    range("min_p", minP, 0, 1);
    range("typical_p", typicalP, 0, 1);
    range("repetition_penalty", repetitionPenalty, 0.1f, 10);
    range("frequency_penalty", frequencyPenalty, -2, 2);
    range("presence_penalty", presencePenalty, -2, 2);
    logitBias = Map.copyOf(logitBias);
    logitBias.forEach((id, bias) -> range("logit_bias[" + id + "]", bias, -100, 100));
  }

  private static void range(String name, float value, float min, float max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          "%s must be between %s and %s, got %s".formatted(name, min, max, value));
    }
  }
}
