package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.HashMap;
import java.util.Map;

/**
 * The fields that say how tokens are chosen: those of OpenAI and those that local servers share.
 */
final class SamplingFields {
  private static final int MAX_BIASES = 1024;

  private SamplingFields() {}

  /**
   * @param standard what a field that is left out means
   */
  static SamplingParams read(Fields fields, SamplingParams standard) throws InvalidFieldException {
    // Others write -1 for "all".
    long topK = fields.findInteger("top_k", -1, Integer.MAX_VALUE).orElse(standard.topK());
    return new SamplingParams(
        number(fields, "temperature", 0, 2, standard.temperature()),
        (int) Math.max(0, topK),
        number(fields, "top_p", 0, 1, standard.topP()),
        number(fields, "min_p", 0, 1, standard.minP()),
        number(fields, "typical_p", 0, 1, standard.typicalP()),
        number(fields, "repetition_penalty", 0.1, 10, standard.repetitionPenalty()),
        number(fields, "frequency_penalty", -2, 2, standard.frequencyPenalty()),
        number(fields, "presence_penalty", -2, 2, standard.presencePenalty()),
        logitBias(fields));
  }

  private static float number(Fields fields, String name, double min, double max, float standard)
      throws InvalidFieldException {
    // A double just inside the range may round to a float just outside of it, but only at 0.1.
    return Math.max((float) min, (float) fields.findNumber(name, min, max).orElse(standard));
  }

  private static Map<Integer, Float> logitBias(Fields fields) throws InvalidFieldException {
    Fields biases = fields.findObject("logit_bias");
    if (biases == null) {
      return Map.of();
    }
    if (biases.names().size() > MAX_BIASES) {
      throw new InvalidFieldException(
          "logit_bias",
          Code.INVALID_VALUE,
          "Invalid 'logit_bias': at most %d tokens, got %d."
              .formatted(MAX_BIASES, biases.names().size()));
    }
    Map<Integer, Float> byToken = new HashMap<>();
    for (Map.Entry<String, Json> bias : biases.members().entrySet()) {
      String at = biases.at(Fields.shortened(bias.getKey()));
      float value = (float) Fields.numberOf(bias.getValue(), at, -100, 100);
      byToken.put(tokenId(bias.getKey()), value);
    }
    return byToken;
  }

  private static int tokenId(String key) throws InvalidFieldException {
    if (key.isEmpty() || key.length() > 9 || !key.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new InvalidFieldException(
          "logit_bias",
          Code.INVALID_VALUE,
          "Invalid 'logit_bias': keys are ids of tokens, got '%s'."
              .formatted(Fields.shortened(key)));
    }
    return Integer.parseInt(key);
  }
}
