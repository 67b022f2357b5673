package ai.kolm.source;

import ai.kolm.artifact.Manifest.Defaults;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How the makers of a model recommend to sample from it, as the file formats say it: {@code
 * generation_config.json} of a Hugging Face directory, keys {@code general.sampling.*} of a GGUF.
 */
final class RecommendedSampling {
  private static final String GGUF = "general.sampling.";

  private RecommendedSampling() {}

  /**
   * What {@code generation_config.json} says.
   *
   * @throws JsonException if a value is no number, or out of its range
   */
  static Defaults of(JsonObject generation) throws JsonException {
    try {
      return new Defaults(
          generation.findNumber("temperature"),
          generation.findNumber("top_p"),
          all(generation.findInteger("top_k")),
          generation.findNumber("min_p"),
          generation.findNumber("repetition_penalty"),
          OptionalLong.empty(),
          Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new JsonException(
          JsonException.Code.NUMBER, "generation_config.json: " + e.getMessage());
    }
  }

  /**
   * What the metadata of a GGUF says.
   *
   * @throws ModelFormatException if a value is no number, or out of its range
   */
  static Defaults of(Metadata metadata) throws ModelFormatException {
    try {
      return new Defaults(
          number(metadata, "temp"),
          number(metadata, "top_p"),
          all(metadata.findInteger(GGUF + "top_k")),
          number(metadata, "min_p"),
          number(metadata, "penalty_repeat"),
          OptionalLong.empty(),
          Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(metadata.file(), GGUF + "*: " + e.getMessage());
    }
  }

  /** A 32-bit number as the decimal that was meant: 0.95, not 0.949999988079071. */
  private static OptionalDouble number(Metadata metadata, String key) throws ModelFormatException {
    OptionalDouble value = metadata.findNumber(GGUF + key);
    return value.isPresent()
        ? OptionalDouble.of(Double.parseDouble(Float.toString((float) value.getAsDouble())))
        : value;
  }

  /** Others write -1 for "all". */
  private static OptionalLong all(OptionalLong topK) {
    return topK.isPresent() && topK.getAsLong() == -1 ? OptionalLong.of(0) : topK;
  }
}
