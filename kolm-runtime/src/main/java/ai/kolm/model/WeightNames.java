package ai.kolm.model;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The weights of a Hugging Face model under the names that GGUF uses, which are the ones the rest
 * of kolm knows.
 */
final class WeightNames implements Weights {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d+)\\.(.+)\\.(weight|bias)");

  /**
   * Where the layers stand; text models inside multimodal ones have the longer names, and models
   * that were saved without their output have none.
   */
  private static final List<String> ROOTS =
      List.of("model.", "language_model.model.", "model.language_model.", "");

  private static final Map<String, String> MODULES =
      Map.ofEntries(
          Map.entry("attn_norm", "input_layernorm"),
          Map.entry("attn_q", "self_attn.q_proj"),
          Map.entry("attn_k", "self_attn.k_proj"),
          Map.entry("attn_v", "self_attn.v_proj"),
          Map.entry("attn_qkv", "self_attn.qkv_proj"),
          Map.entry("attn_q_norm", "self_attn.q_norm"),
          Map.entry("attn_k_norm", "self_attn.k_norm"),
          Map.entry("attn_output", "self_attn.o_proj"),
          Map.entry("post_attention_norm", "post_attention_layernorm"),
          Map.entry("post_ffw_norm", "post_feedforward_layernorm"),
          Map.entry("ffn_gate", "mlp.gate_proj"),
          Map.entry("ffn_down", "mlp.down_proj"));

  private final Weights weights;
  private final Architecture architecture;
  private final String root;

  WeightNames(Weights weights, Architecture architecture) {
    this.weights = weights;
    this.architecture = architecture;
    this.root =
        ROOTS.stream()
            .filter(candidate -> weights.names().contains(candidate + "embed_tokens.weight"))
            .findFirst()
            .orElse(ROOTS.getFirst());
  }

  /** The modules whose name depends on the architecture; for all others the table. */
  private String module(String gguf) {
    return switch (gguf) {
      // Without norms behind the layers, this name means the one between them.
      case "ffn_norm" ->
          architecture.has(Architecture.Trait.POST_NORMS)
              ? "pre_feedforward_layernorm"
              : "post_attention_layernorm";
      case "ffn_up" ->
          architecture.has(Architecture.Trait.FUSED) ? "mlp.gate_up_proj" : "mlp.up_proj";
      default -> MODULES.getOrDefault(gguf, gguf);
    };
  }

  /** The name in the Hugging Face file of what GGUF calls {@code gguf}. */
  String name(String gguf) {
    Matcher layer = LAYER.matcher(gguf);
    if (layer.matches()) {
      return "%slayers.%s.%s.%s"
          .formatted(root, layer.group(1), module(layer.group(2)), layer.group(3));
    }
    return switch (gguf) {
      case "token_embd.weight" -> root + "embed_tokens.weight";
      case "output_norm.weight" -> root + "norm.weight";
      case "output.weight" -> root.replace("model.", "") + "lm_head.weight";
      default -> gguf;
    };
  }

  @Override
  public Tensor get(String name, long... extents) throws ModelFormatException {
    return weights.get(name(name), extents);
  }

  @Override
  public Optional<Tensor> find(String name, long... extents) throws ModelFormatException {
    return weights.find(name(name), extents);
  }

  @Override
  public Set<String> names() {
    return weights.names();
  }
}
