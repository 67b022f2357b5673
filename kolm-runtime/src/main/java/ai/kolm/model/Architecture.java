package ai.kolm.model;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.kernels.Activation;
import ai.kolm.kernels.Rotation;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The families of models, as data: each differs from the others in the traits below, and one {@link
 * DecoderModel} runs them all.
 */
@SuppressWarnings("ImmutableEnumChecker") // the sets are unmodifiable
enum Architecture {
  /** Llama 1 to 3, SmolLM2, Mistral. */
  LLAMA(Set.of("llama", "mistral"), Rotation.Pairing.ADJACENT, Activation.SILU, Set.of()),
  QWEN2(Set.of("qwen2"), Rotation.Pairing.HALVES, Activation.SILU, Set.of()),
  QWEN3(Set.of("qwen3"), Rotation.Pairing.HALVES, Activation.SILU, Set.of(Trait.HEAD_NORMS)),
  GEMMA2(
      Set.of("gemma2"),
      Rotation.Pairing.HALVES,
      Activation.GELU_TANH,
      Set.of(Trait.POST_NORMS, Trait.GEMMA)),
  GEMMA3(
      Set.of("gemma3_text", "gemma3"),
      Rotation.Pairing.HALVES,
      Activation.GELU_TANH,
      Set.of(Trait.POST_NORMS, Trait.HEAD_NORMS, Trait.GEMMA)),
  PHI3(Set.of("phi3"), Rotation.Pairing.HALVES, Activation.SILU, Set.of(Trait.FUSED)),
  GRANITE(Set.of("granite"), Rotation.Pairing.ADJACENT, Activation.SILU, Set.of());

  /** What a family may have. */
  enum Trait {
    /** Norms after attention and feed-forward too. */
    POST_NORMS,
    /** Norms of queries and keys, head by head. */
    HEAD_NORMS,
    /** Queries, keys and values in one matrix; gate and up in another. */
    FUSED,
    /**
     * Embeddings times sqrt(hidden size); norm weights in Hugging Face files are the factor less 1.
     */
    GEMMA
  }

  /** Local RoPE base of Gemma 3 where the file does not state it. */
  private static final double GEMMA3_LOCAL_BASE = 10_000;

  private final Set<String> modelTypes;
  private final Rotation.Pairing ggufPairing;
  private final Activation activation;
  private final Set<Trait> traits;

  Architecture(
      Set<String> modelTypes,
      Rotation.Pairing ggufPairing,
      Activation activation,
      Set<Trait> traits) {
    this.modelTypes = modelTypes;
    this.ggufPairing = ggufPairing;
    this.activation = activation;
    this.traits = traits;
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** Which dimensions turn together in GGUF files; in Hugging Face files it is always halves. */
  Rotation.Pairing ggufPairing() {
    return ggufPairing;
  }

  /** Added to norm weights of Hugging Face files, where they are the factor less 1; else 0. */
  float normOffset() {
    return has(Trait.GEMMA) ? 1 : 0;
  }

  /** The name in GGUF files. */
  String ggufName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The family of a GGUF file. */
  static Architecture of(Metadata metadata) throws ModelFormatException {
    String name = metadata.string("general.architecture");
    return Arrays.stream(values())
        .filter(architecture -> architecture.ggufName().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(metadata.file(), name));
  }

  /** The family of a Hugging Face model, by its {@code config.json}. */
  static Architecture of(String file, JsonObject json) throws ModelFormatException {
    String modelType;
    try {
      modelType = json.string("model_type");
    } catch (JsonException e) {
      throw new ModelFormatException(file, "config.json: " + e.getMessage());
    }
    return Arrays.stream(values())
        .filter(architecture -> architecture.modelTypes.contains(modelType))
        .findFirst()
        .orElseThrow(() -> unknown(file, modelType));
  }

  /** The part of a {@code config.json} that describes the language model. */
  static JsonObject text(String file, JsonObject json) throws ModelFormatException {
    try {
      return json.findObject("text_config").orElse(json);
    } catch (JsonException e) {
      throw new ModelFormatException(file, "config.json: " + e.getMessage());
    }
  }

  private static ModelFormatException unknown(String file, String name) {
    String known =
        Arrays.stream(values()).map(Architecture::ggufName).collect(Collectors.joining(", "));
    return new ModelFormatException(
        file, "architecture \"%s\" is not supported; supported: %s".formatted(name, known));
  }

  /** The configuration that a GGUF file states. */
  ModelConfig config(Metadata metadata, Weights weights, int vocabularySize)
      throws ModelFormatException {
    Hyperparameters numbers = new GgufHyperparameters(metadata, weights, ggufName());
    return config(numbers, vocabularySize, ggufPairing);
  }

  /** The configuration that a {@code config.json} states. */
  ModelConfig config(String file, JsonObject json) throws ModelFormatException {
    Hyperparameters numbers = new HuggingFaceHyperparameters(file, json);
    return config(
        numbers, numbers.integer(Hyperparameters.Key.VOCABULARY_SIZE), Rotation.Pairing.HALVES);
  }

  private ModelConfig config(Hyperparameters numbers, int vocabularySize, Rotation.Pairing pairing)
      throws ModelFormatException {
    int hidden = numbers.integer(Hyperparameters.Key.HIDDEN_SIZE);
    int heads = numbers.integer(Hyperparameters.Key.QUERY_HEADS);
    int layers = numbers.integer(Hyperparameters.Key.LAYERS);
    int context = numbers.integer(Hyperparameters.Key.CONTEXT_LENGTH);
    if (heads < 1 || hidden < 1) {
      throw numbers.fault("hidden size %d, %d heads".formatted(hidden, heads));
    }
    if (!numbers.causal()) { // decoders that were made into encoders
      throw numbers.fault("tokens see those behind them, too: not supported");
    }
    int headDim = numbers.findInteger(Hyperparameters.Key.HEAD_DIM).orElse(hidden / heads);
    try {
      return new ModelConfig(
          ggufName(),
          vocabularySize,
          hidden,
          layers,
          numbers.integer(Hyperparameters.Key.FEED_FORWARD_SIZE),
          context,
          heads,
          numbers.findInteger(Hyperparameters.Key.KEY_VALUE_HEADS).orElse(heads),
          headDim,
          attentionScale(numbers, hidden, heads, headDim, layers),
          numbers.number(Hyperparameters.Key.ATTENTION_SOFT_CAP, 0),
          numbers.number(Hyperparameters.Key.NORM_EPS, 1e-6),
          activation,
          ropes(numbers, headDim, context),
          layerTypes(numbers, layers),
          pairing,
          has(Trait.GEMMA)
              ? (float) Math.sqrt(hidden)
              : numbers.number(Hyperparameters.Key.EMBEDDING_SCALE, 1),
          numbers.number(Hyperparameters.Key.RESIDUAL_SCALE, 1),
          1 / numbers.number(Hyperparameters.Key.LOGIT_SCALE, 1),
          numbers.number(Hyperparameters.Key.LOGIT_SOFT_CAP, 0));
    } catch (IllegalArgumentException e) {
      throw numbers.fault(String.valueOf(e.getMessage()));
    }
  }

  /**
   * 1 / sqrt(head dimension), unless the model says otherwise. The 27B models of Gemma 2 and 3
   * divide by the hidden size per head instead, which GGUF files do not state: they are known by
   * their layers.
   */
  private float attentionScale(
      Hyperparameters numbers, int hidden, int heads, int headDim, int layers)
      throws ModelFormatException {
    boolean gemma27b = (this == GEMMA2 && layers == 46) || (this == GEMMA3 && layers == 62);
    double divisor =
        numbers
            .findNumber(Hyperparameters.Key.QUERY_SCALAR)
            .orElse(gemma27b ? (double) hidden / heads : (double) headDim);
    return numbers.number(Hyperparameters.Key.ATTENTION_SCALE, 1 / Math.sqrt(divisor));
  }

  private List<ModelConfig.Rope> ropes(Hyperparameters numbers, int headDim, int context)
      throws ModelFormatException {
    ModelConfig.Rope global = numbers.rope(headDim, context);
    if (this != GEMMA3) {
      return List.of(global);
    }
    float base = (float) numbers.localRopeBase().orElse(GEMMA3_LOCAL_BASE);
    return List.of(global, new ModelConfig.Rope(base, global.rotated(), new RopeScaling.None()));
  }

  private List<ModelConfig.LayerType> layerTypes(Hyperparameters numbers, int layers)
      throws ModelFormatException {
    int window = numbers.findInteger(Hyperparameters.Key.WINDOW).orElse(0);
    Optional<List<Boolean>> stated = numbers.windowedLayers();
    if (stated.isPresent() && stated.get().size() != layers) {
      throw numbers.fault("%d layers, but types for %d".formatted(layers, stated.get().size()));
    }
    List<ModelConfig.LayerType> types = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      boolean windowed = stated.isPresent() ? stated.get().get(layer) : windowedByDefault(layer);
      int rope = (windowed && this == GEMMA3) ? 1 : 0;
      types.add(new ModelConfig.LayerType(windowed ? window : 0, rope));
    }
    return types;
  }

  private boolean windowedByDefault(int layer) {
    return switch (this) {
      case LLAMA, PHI3 -> true;
      case QWEN2, QWEN3, GRANITE -> false;
      case GEMMA2 -> layer % 2 == 0;
      case GEMMA3 -> layer % 6 != 5;
    };
  }
}
