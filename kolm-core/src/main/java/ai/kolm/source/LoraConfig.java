package ai.kolm.source;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code adapter_config.json} of PEFT, as far as kolm applies it.
 *
 * @param rank of the factors, 1 to 512
 * @param alpha scales the change
 * @param rankStabilized whether the scale is alpha / sqrt(rank) instead of alpha / rank
 *     (Kalajdzievski 2023)
 */
public record LoraConfig(int rank, double alpha, boolean rankStabilized) {
  private static final int MAX_RANK = 512;

  /** Initialisations that leave the base as it is; others change its weights, too. */
  private static final Set<String> HARMLESS_STARTS = Set.of("gaussian", "eva", "orthogonal");

  /** Members that must be absent, null, false or empty: what they ask for is not done here. */
  private static final List<String> UNKNOWN_TO_US =
      List.of(
          "modules_to_save",
          "use_dora",
          "fan_in_fan_out",
          "lora_bias",
          "rank_pattern",
          "alpha_pattern",
          "layer_replication",
          "trainable_token_indices",
          "alora_invocation_tokens",
          "use_qalora");

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public LoraConfig {
    if (rank < 1 || rank > MAX_RANK) {
      throw new IllegalArgumentException("r: expected 1 to %d, got %d".formatted(MAX_RANK, rank));
    }
    if (!Double.isFinite(alpha)) {
      throw new IllegalArgumentException("lora_alpha: expected a finite number, got " + alpha);
    }
  }

  /** What the product of the factors is multiplied with. */
  public float scale() {
    return (float) (alpha / (rankStabilized ? Math.sqrt(rank) : rank));
  }

  /**
   * Reads a configuration.
   *
   * @param file for messages
   * @throws ModelFormatException if it is no JSON, or asks for what kolm does not do
   */
  static LoraConfig read(String file, byte[] bytes) throws ModelFormatException {
    try {
      JsonObject json =
          JsonReader.readObject(bytes, JsonLimits.DEFAULT.withBytes(LoraAdapter.MAX_CONFIG_BYTES));
      Optional<String> type = json.findString("peft_type");
      if (type.isPresent() && !type.get().equals("LORA")) {
        throw LoraAdapter.fault(file, "peft_type", "LORA", type.get());
      }
      Optional<Json> bias = json.find("bias");
      if (bias.isPresent() && !bias.get().equals(new Json.Str("none"))) {
        throw LoraAdapter.fault(file, "bias", "none", "another");
      }
      for (String name : UNKNOWN_TO_US) {
        if (json.find(name).filter(value -> !saysNo(value)).isPresent()) {
          throw LoraAdapter.fault(file, name, "null, false or empty", "a value");
        }
      }
      checkStart(file, json);
      return new LoraConfig(
          (int) Math.clamp(json.integer("r"), 0, MAX_RANK + 1L),
          json.findNumber("lora_alpha").orElseThrow(() -> missing(file)),
          json.bool("use_rslora", false));
    } catch (JsonException | IllegalArgumentException e) {
      throw new ModelFormatException(file, String.valueOf(e.getMessage()));
    }
  }

  private static IllegalArgumentException missing(String file) {
    return new IllegalArgumentException("%s: lora_alpha: expected a number".formatted(file));
  }

  private static void checkStart(String file, JsonObject json) throws ModelFormatException {
    if (json.find("init_lora_weights").orElse(null) instanceof Json.Str start
        && !HARMLESS_STARTS.contains(start.value())) {
      throw LoraAdapter.fault(
          file, "init_lora_weights", "one that leaves the base as it is", start.value());
    }
  }

  private static boolean saysNo(Json value) {
    return switch (value) {
      case Json.Null _ -> true;
      case Json.Bool bool -> !bool.value();
      case Json.Obj object -> object.members().isEmpty();
      case Json.Arr array -> array.items().isEmpty();
      default -> false;
    };
  }
}
