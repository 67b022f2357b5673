package ai.kolm.model;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * {@link Hyperparameters} of a Hugging Face {@code config.json}. RoPE comes in two spellings:
 * {@code rope_parameters} (one object, or one per kind of layer) since transformers 5, {@code
 * rope_theta} with {@code rope_scaling} before.
 */
final class HuggingFaceHyperparameters implements Hyperparameters {
  private static final double DEFAULT_ROPE_BASE = 10_000;
  private static final String GLOBAL = "full_attention";
  private static final String LOCAL = "sliding_attention";

  private final String file;
  private final JsonObject config;

  HuggingFaceHyperparameters(String file, JsonObject config) {
    this.file = file;
    this.config = config;
  }

  /** A read of the JSON; what it refuses becomes a refusal of the file. */
  private interface Read<T> {
    T get() throws JsonException;
  }

  private <T> T read(Read<T> read) throws ModelFormatException {
    try {
      return read.get();
    } catch (JsonException e) {
      throw fault(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public OptionalInt findInteger(Key key) throws ModelFormatException {
    OptionalLong value = read(() -> config.findInteger(key.huggingFace()));
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() != (int) value.getAsLong()) {
      throw fault("%s is out of range: %d".formatted(key.huggingFace(), value.getAsLong()));
    }
    return OptionalInt.of((int) value.getAsLong());
  }

  @Override
  public OptionalDouble findNumber(Key key) throws ModelFormatException {
    return read(() -> config.findNumber(key.huggingFace()));
  }

  @Override
  public ModelConfig.Rope rope(int headDim, int contextLength) throws ModelFormatException {
    return read(
        () -> {
          Optional<JsonObject> parameters = ropeParameters(GLOBAL);
          double fraction =
              parameters.isPresent()
                  ? parameters.get().findNumber("partial_rotary_factor").orElse(partialRotary())
                  : partialRotary();
          int rotated = (int) (headDim * fraction);
          double base =
              parameters.isPresent()
                  ? parameters.get().findNumber("rope_theta").orElse(ropeTheta())
                  : ropeTheta();
          Optional<JsonObject> scaling =
              parameters.isPresent() ? parameters : config.findObject("rope_scaling");
          return new ModelConfig.Rope(
              (float) base,
              rotated,
              scaling.isPresent()
                  ? scaling(scaling.get(), contextLength, rotated / 2)
                  : new RopeScaling.None());
        });
  }

  private double partialRotary() throws JsonException {
    return config.findNumber("partial_rotary_factor").orElse(1);
  }

  private double ropeTheta() throws JsonException {
    return config.findNumber("rope_theta").orElse(DEFAULT_ROPE_BASE);
  }

  private Optional<JsonObject> ropeParameters(String kind) throws JsonException {
    Optional<JsonObject> all = config.findObject("rope_parameters");
    if (all.isPresent()
        && (all.get().find(GLOBAL).isPresent() || all.get().find(LOCAL).isPresent())) {
      return all.get().findObject(kind);
    }
    return kind.equals(GLOBAL) ? all : Optional.empty();
  }

  private RopeScaling scaling(JsonObject rope, int contextLength, int pairs) throws JsonException {
    String older = rope.findString("type").orElse("default");
    String type = rope.findString("rope_type").orElse(older);
    int original = originalContext(rope, contextLength);
    float factor = (float) rope.findNumber("factor").orElse((double) contextLength / original);
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(factor);
      case "llama3" ->
          new RopeScaling.Llama3(
              factor,
              (float) required(rope, "low_freq_factor"),
              (float) required(rope, "high_freq_factor"),
              original);
      case "yarn" ->
          new RopeScaling.Yarn(
              factor,
              original,
              (float) rope.findNumber("beta_fast").orElse(32),
              (float) rope.findNumber("beta_slow").orElse(1),
              (float)
                  rope.findNumber("attention_factor").orElse(RopeScaling.Yarn.magnitude(factor)));
      case "longrope", "su" ->
          new RopeScaling.LongRope(
              floats(rope, "short_factor", pairs),
              floats(rope, "long_factor", pairs),
              original,
              (float)
                  rope.findNumber("attention_factor")
                      .orElse(
                          RopeScaling.LongRope.magnitude(
                              (double) contextLength / original, original)));
      default ->
          throw new JsonException(
              JsonException.Code.TYPE,
              "RoPE scaling \"%s\"; known: default, linear, llama3, yarn, longrope"
                  .formatted(type));
    };
  }

  /** Phi-3 states the original context beside the RoPE parameters, others inside. */
  private int originalContext(JsonObject rope, int contextLength) throws JsonException {
    OptionalLong inside = rope.findInteger("original_max_position_embeddings");
    OptionalLong outside = config.findInteger("original_max_position_embeddings");
    return (int) inside.orElse(outside.orElse(contextLength));
  }

  private static double required(JsonObject object, String name) throws JsonException {
    return object
        .findNumber(name)
        .orElseThrow(
            () -> new JsonException(JsonException.Code.TYPE, object.at(name) + " is missing"));
  }

  private static float[] floats(JsonObject object, String name, int count) throws JsonException {
    List<Json> items = object.array(name);
    if (items.size() != count) {
      throw new JsonException(
          JsonException.Code.TYPE,
          "%s: expected %d factors, got %d".formatted(object.at(name), count, items.size()));
    }
    float[] factors = new float[count];
    for (int i = 0; i < count; i++) {
      factors[i] =
          switch (items.get(i)) {
            case Json.Int n -> n.value();
            case Json.Real n -> (float) n.value();
            case Json other ->
                throw new JsonException(
                    JsonException.Code.TYPE,
                    "%s/%d: expected a number, got %s".formatted(object.at(name), i, other.kind()));
          };
    }
    return factors;
  }

  @Override
  public OptionalDouble localRopeBase() throws ModelFormatException {
    return read(
        () -> {
          Optional<JsonObject> local = ropeParameters(LOCAL);
          return local.isPresent()
              ? local.get().findNumber("rope_theta")
              : config.findNumber("rope_local_base_freq");
        });
  }

  @Override
  public Optional<List<Boolean>> windowedLayers() throws ModelFormatException {
    return read(
        () -> {
          List<Boolean> windowed = new ArrayList<>();
          for (String type : config.strings("layer_types")) {
            windowed.add(type.equals(LOCAL));
          }
          return windowed.isEmpty() ? Optional.empty() : Optional.of(windowed);
        });
  }

  @Override
  public boolean causal() throws ModelFormatException {
    return read(
        () -> config.bool("is_causal", true) && !config.bool("use_bidirectional_attention", false));
  }

  @Override
  public ModelFormatException fault(String message) {
    return new ModelFormatException(file, message);
  }
}
