package ai.kolm.model;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * {@link Hyperparameters} of a GGUF file: metadata keys that start with the architecture's name.
 */
final class GgufHyperparameters implements Hyperparameters {
  private static final double DEFAULT_ROPE_BASE = 10_000;
  private static final double DEFAULT_BETA_FAST = 32;
  private static final double DEFAULT_BETA_SLOW = 1;

  private final Metadata metadata;
  private final Weights weights;
  private final String prefix;

  GgufHyperparameters(Metadata metadata, Weights weights, String architecture) {
    this.metadata = metadata;
    this.weights = weights;
    this.prefix = architecture + ".";
  }

  @Override
  public OptionalInt findInteger(Key key) throws ModelFormatException {
    return integer(key.gguf());
  }

  @Override
  public OptionalDouble findNumber(Key key) throws ModelFormatException {
    return key.gguf().isEmpty() ? OptionalDouble.empty() : metadata.findNumber(prefix + key.gguf());
  }

  private OptionalInt integer(String key) throws ModelFormatException {
    OptionalLong value = key.isEmpty() ? OptionalLong.empty() : metadata.findInteger(prefix + key);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() != (int) value.getAsLong()) {
      throw fault("%s%s is out of range: %d".formatted(prefix, key, value.getAsLong()));
    }
    return OptionalInt.of((int) value.getAsLong());
  }

  private float number(String key, double fallback) throws ModelFormatException {
    return (float) metadata.findNumber(prefix + key).orElse(fallback);
  }

  @Override
  public ModelConfig.Rope rope(int headDim, int contextLength) throws ModelFormatException {
    int rotated = integer("rope.dimension_count").orElse(headDim);
    float base = number("rope.freq_base", DEFAULT_ROPE_BASE);
    return new ModelConfig.Rope(base, rotated, scaling(rotated, contextLength));
  }

  private RopeScaling scaling(int rotated, int contextLength) throws ModelFormatException {
    Optional<float[]> factors = floats("rope_freqs.weight", rotated / 2);
    if (factors.isPresent()) {
      return new RopeScaling.Factors(factors.get());
    }
    Optional<float[]> longFactors = floats("rope_factors_long.weight", rotated / 2);
    Optional<float[]> shortFactors = floats("rope_factors_short.weight", rotated / 2);
    int original = integer("rope.scaling.original_context_length").orElse(contextLength);
    if (longFactors.isPresent() && shortFactors.isPresent()) {
      return new RopeScaling.LongRope(
          shortFactors.get(), longFactors.get(), original, number("rope.scaling.attn_factor", 1));
    }
    String type = metadata.findString(prefix + "rope.scaling.type").orElse("none");
    return switch (type) {
      case "none", "longrope" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(number("rope.scaling.factor", 1));
      case "yarn" -> yarn(original);
      default ->
          throw fault("RoPE scaling \"%s\"; known: none, linear, yarn, longrope".formatted(type));
    };
  }

  private RopeScaling yarn(int original) throws ModelFormatException {
    float factor = number("rope.scaling.factor", 1);
    float magnitude =
        number("rope.scaling.yarn_attn_factor", RopeScaling.Yarn.magnitude(factor))
            * number("rope.scaling.attn_factor", 1);
    return new RopeScaling.Yarn(
        factor,
        original,
        number("rope.scaling.yarn_beta_fast", DEFAULT_BETA_FAST),
        number("rope.scaling.yarn_beta_slow", DEFAULT_BETA_SLOW),
        magnitude);
  }

  private Optional<float[]> floats(String tensorName, int count) throws ModelFormatException {
    Optional<Tensor> tensor = weights.find(tensorName, count);
    return tensor.map(t -> t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
  }

  @Override
  public OptionalDouble localRopeBase() throws ModelFormatException {
    return metadata.findNumber(prefix + "rope.freq_base_swa");
  }

  @Override
  public Optional<List<Boolean>> windowedLayers() throws ModelFormatException {
    String key = prefix + "attention.sliding_window_pattern";
    if (!metadata.keys().contains(key)) {
      return Optional.empty();
    }
    List<Boolean> windowed = new ArrayList<>();
    for (long flag : metadata.integers(key)) {
      windowed.add(flag != 0);
    }
    return Optional.of(windowed);
  }

  @Override
  public boolean causal() throws ModelFormatException {
    return metadata.findBoolean(prefix + "attention.causal").orElse(true);
  }

  @Override
  public ModelFormatException fault(String message) {
    return new ModelFormatException(metadata.file(), message);
  }
}
