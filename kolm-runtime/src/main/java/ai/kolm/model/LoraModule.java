package ai.kolm.model;

/** The linear layers of a decoder layer that LoRA may adapt, in the order they compute. */
public enum LoraModule {
  /** The normed stream to queries. */
  QUERY("attn_q", "self_attn.q_proj"),
  /** The normed stream to keys. */
  KEY("attn_k", "self_attn.k_proj"),
  /** The normed stream to values. */
  VALUE("attn_v", "self_attn.v_proj"),
  /** What attention gives to the stream. */
  OUTPUT("attn_output", "self_attn.o_proj"),
  /** The normed stream to what the activation takes. */
  GATE("ffn_gate", "mlp.gate_proj"),
  /** The normed stream to what is gated. */
  UP("ffn_up", "mlp.up_proj"),
  /** What the gate lets through to the stream. */
  DOWN("ffn_down", "mlp.down_proj");

  private final String ggufName;
  private final String path;

  LoraModule(String ggufName, String path) {
    this.ggufName = ggufName;
    this.path = path;
  }

  /** What GGUF calls it, below {@code blk.N}: {@code attn_q}. */
  public String ggufName() {
    return ggufName;
  }

  /** Where Hugging Face models have it, below {@code layers.N}: {@code self_attn.q_proj}. */
  public String path() {
    return path;
  }

  /** The last part of {@link #path()}, as PEFT's {@code target_modules} names it. */
  public String targetName() {
    return path.substring(path.indexOf('.') + 1);
  }

  /** Columns of its weight matrix. */
  public int inputs(ModelConfig config) {
    return switch (this) {
      case QUERY, KEY, VALUE, GATE, UP -> config.hiddenSize();
      case OUTPUT -> config.queryHeads() * config.headDim();
      case DOWN -> config.feedForwardSize();
    };
  }

  /** Rows of its weight matrix. */
  public int outputs(ModelConfig config) {
    return switch (this) {
      case QUERY -> config.queryHeads() * config.headDim();
      case KEY, VALUE -> config.keyValueHeads() * config.headDim();
      case OUTPUT, DOWN -> config.hiddenSize();
      case GATE, UP -> config.feedForwardSize();
    };
  }
}
