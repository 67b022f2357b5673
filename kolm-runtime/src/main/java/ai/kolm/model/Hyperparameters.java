package ai.kolm.model;

import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The numbers of a model's configuration, whether a GGUF file or a {@code config.json} states them.
 * {@link Architecture} knows what they mean.
 */
interface Hyperparameters {

  /** A number, with its name in GGUF (behind the architecture's) and in {@code config.json}. */
  enum Key {
    HIDDEN_SIZE("embedding_length", "hidden_size"),
    LAYERS("block_count", "num_hidden_layers"),
    FEED_FORWARD_SIZE("feed_forward_length", "intermediate_size"),
    CONTEXT_LENGTH("context_length", "max_position_embeddings"),
    QUERY_HEADS("attention.head_count", "num_attention_heads"),
    KEY_VALUE_HEADS("attention.head_count_kv", "num_key_value_heads"),
    HEAD_DIM("attention.key_length", "head_dim"),
    VOCABULARY_SIZE("vocab_size", "vocab_size"),
    NORM_EPS("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
    WINDOW("attention.sliding_window", "sliding_window"),
    ATTENTION_SOFT_CAP("attn_logit_softcapping", "attn_logit_softcapping"),
    LOGIT_SOFT_CAP("final_logit_softcapping", "final_logit_softcapping"),
    ATTENTION_SCALE("attention.scale", "attention_multiplier"),
    EMBEDDING_SCALE("embedding_scale", "embedding_multiplier"),
    RESIDUAL_SCALE("residual_scale", "residual_multiplier"),
    LOGIT_SCALE("logit_scale", "logits_scaling"),
    QUERY_SCALAR("", "query_pre_attn_scalar");

    private final String gguf;
    private final String huggingFace;

    Key(String gguf, String huggingFace) {
      this.gguf = gguf;
      this.huggingFace = huggingFace;
    }

    String gguf() {
      return gguf;
    }

    String huggingFace() {
      return huggingFace;
    }
  }

  /** An integer, unless the file does not state it. */
  OptionalInt findInteger(Key key) throws ModelFormatException;

  /** A number, unless the file does not state it. */
  OptionalDouble findNumber(Key key) throws ModelFormatException;

  /** The rotary embedding of layers with global attention. */
  ModelConfig.Rope rope(int headDim, int contextLength) throws ModelFormatException;

  /** The base of the rotary embedding of layers with a window, where the file states one. */
  OptionalDouble localRopeBase() throws ModelFormatException;

  /** Per layer whether attention has a window, where the file states it. */
  Optional<List<Boolean>> windowedLayers() throws ModelFormatException;

  /** Whether a token sees only those before it. */
  boolean causal() throws ModelFormatException;

  /** A refusal that names the file. */
  ModelFormatException fault(String message);

  /** An integer that must be there. */
  default int integer(Key key) throws ModelFormatException {
    return findInteger(key)
        .orElseThrow(() -> fault("%s (%s) is missing".formatted(key.gguf(), key.huggingFace())));
  }

  /** A number, or {@code fallback}. */
  default float number(Key key, double fallback) throws ModelFormatException {
    return (float) findNumber(key).orElse(fallback);
  }
}
