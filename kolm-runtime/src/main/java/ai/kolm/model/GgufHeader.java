package ai.kolm.model;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufValue;
import ai.kolm.weights.GgufWriter;
import ai.kolm.weights.TensorData;

/**
 * States a {@link ModelConfig} as GGUF metadata: what {@link GgufHyperparameters} reads back.
 * Numbers that have their default value are left out.
 */
final class GgufHeader {
  private final ModelConfig config;
  private final GgufWriter writer;

  GgufHeader(ModelConfig config, GgufWriter writer) {
    this.config = config;
    this.writer = writer;
  }

  void write(String name) {
    writer.metadata("general.architecture", GgufValue.string(config.architecture()));
    writer.metadata("general.name", GgufValue.string(name));
    integer(Hyperparameters.Key.VOCABULARY_SIZE, config.vocabularySize());
    integer(Hyperparameters.Key.CONTEXT_LENGTH, config.contextLength());
    integer(Hyperparameters.Key.HIDDEN_SIZE, config.hiddenSize());
    integer(Hyperparameters.Key.LAYERS, config.layers());
    integer(Hyperparameters.Key.FEED_FORWARD_SIZE, config.feedForwardSize());
    integer(Hyperparameters.Key.QUERY_HEADS, config.queryHeads());
    integer(Hyperparameters.Key.KEY_VALUE_HEADS, config.keyValueHeads());
    integer(Hyperparameters.Key.HEAD_DIM, config.headDim());
    put("attention.value_length", GgufValue.uint32(config.headDim()));
    number(Hyperparameters.Key.NORM_EPS, config.normEps());
    number(Hyperparameters.Key.ATTENTION_SCALE, config.attentionScale());
    unless(0, Hyperparameters.Key.ATTENTION_SOFT_CAP, config.attentionSoftCap());
    unless(0, Hyperparameters.Key.LOGIT_SOFT_CAP, config.logitSoftCap());
    unless(1, Hyperparameters.Key.RESIDUAL_SCALE, config.residualScale());
    unless(1, Hyperparameters.Key.LOGIT_SCALE, 1 / config.logitScale());
    unless(1, Hyperparameters.Key.EMBEDDING_SCALE, config.embeddingScale());
    windows();
    ropes();
  }

  private void windows() {
    int[] windowed = new int[config.layers()];
    int window = 0;
    for (int layer = 0; layer < windowed.length; layer++) {
      int own = config.layerTypes().get(layer).window();
      windowed[layer] = own > 0 ? 1 : 0;
      window = Math.max(window, own);
    }
    if (window > 0) {
      integer(Hyperparameters.Key.WINDOW, window);
      put("attention.sliding_window_pattern", GgufValue.arrayOf(windowed));
    }
  }

  private void ropes() {
    ModelConfig.Rope global = config.ropes().getFirst();
    put("rope.freq_base", GgufValue.float32(global.base()));
    put("rope.dimension_count", GgufValue.uint32(global.rotated()));
    if (config.ropes().size() > 1) {
      put("rope.freq_base_swa", GgufValue.float32(config.ropes().get(1).base()));
    }
    switch (global.scaling()) {
      case RopeScaling.None _ -> {}
      case RopeScaling.Linear linear -> scaling("linear", linear.factor());
      case RopeScaling.Factors factors -> factors("rope_freqs.weight", factors.factors());
      case RopeScaling.Llama3 llama3 -> factors("rope_freqs.weight", divisors(llama3, global));
      case RopeScaling.Yarn yarn -> {
        scaling("yarn", yarn.factor());
        put("rope.scaling.original_context_length", GgufValue.uint32(yarn.originalContext()));
        put("rope.scaling.yarn_attn_factor", GgufValue.float32(yarn.magnitude()));
        put("rope.scaling.yarn_beta_fast", GgufValue.float32(yarn.betaFast()));
        put("rope.scaling.yarn_beta_slow", GgufValue.float32(yarn.betaSlow()));
      }
      case RopeScaling.LongRope longRope -> {
        put("rope.scaling.type", GgufValue.string("longrope"));
        put("rope.scaling.original_context_length", GgufValue.uint32(longRope.originalContext()));
        put("rope.scaling.attn_factor", GgufValue.float32(longRope.magnitude()));
        factors("rope_factors_short.weight", longRope.shortFactors());
        factors("rope_factors_long.weight", longRope.longFactors());
      }
    }
  }

  private void scaling(String type, float factor) {
    put("rope.scaling.type", GgufValue.string(type));
    put("rope.scaling.factor", GgufValue.float32(factor));
  }

  /** What the plain frequencies are divided by. */
  private static float[] divisors(RopeScaling scaling, ModelConfig.Rope rope) {
    float[] divisors = RopeScaling.plain(rope.base(), rope.rotated());
    float[] frequencies = scaling.frequencies(rope.base(), rope.rotated(), 1);
    for (int i = 0; i < divisors.length; i++) {
      divisors[i] /= frequencies[i];
    }
    return divisors;
  }

  private void factors(String name, float[] values) {
    writer.tensor(name, TensorType.F32, Shape.of(values.length), TensorData.ofFloats(values));
  }

  private void unless(float defaultValue, Hyperparameters.Key key, float value) {
    if (value != defaultValue) {
      number(key, value);
    }
  }

  private void integer(Hyperparameters.Key key, int value) {
    put(key.gguf(), GgufValue.uint32(value));
  }

  private void number(Hyperparameters.Key key, float value) {
    put(key.gguf(), GgufValue.float32(value));
  }

  private void put(String key, GgufValue value) {
    writer.metadata(config.architecture() + "." + key, value);
  }
}
