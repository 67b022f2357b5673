package ai.kolm.model;

import ai.kolm.kernels.Panels;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the backward pass of a layer needs of its forward pass, besides the layer's input. All have
 * one row per token.
 */
final class LayerActivations {
  final Panels queries; // (tokens, queryHeads * headDim), rotated
  final Panels keys; // (tokens, keyValueHeads * headDim), rotated
  final Panels values; // (tokens, keyValueHeads * headDim)
  final Panels heads; // (tokens, queryHeads * headDim): what attention gives
  final Panels middle; // (tokens, hidden): the stream between attention and feed-forward
  final Panels gate; // (tokens, feedForward), before the activation
  final Panels up; // (tokens, feedForward)
  final @Nullable Panels queriesBeforeNorm;
  final @Nullable Panels keysBeforeNorm;
  final @Nullable Panels attentionBeforeNorm; // (tokens, hidden)
  final @Nullable Panels feedForwardBeforeNorm; // (tokens, hidden)
  private final Map<LoraModule, Panels> thin = new EnumMap<>(LoraModule.class);

  LayerActivations(
      ModelConfig config, DecoderLayer layer, LoraShape lora, Arena arena, int tokens) {
    int hidden = config.hiddenSize();
    int queryWidth = config.queryHeads() * config.headDim();
    int keyWidth = config.keyValueHeads() * config.headDim();
    queries = Panels.allocate(arena, tokens, queryWidth);
    keys = Panels.allocate(arena, tokens, keyWidth);
    values = Panels.allocate(arena, tokens, keyWidth);
    heads = Panels.allocate(arena, tokens, queryWidth);
    middle = Panels.allocate(arena, tokens, hidden);
    gate = Panels.allocate(arena, tokens, config.feedForwardSize());
    up = Panels.allocate(arena, tokens, config.feedForwardSize());
    boolean headNorms = layer.queryNorm() != null;
    queriesBeforeNorm = headNorms ? Panels.allocate(arena, tokens, queryWidth) : null;
    keysBeforeNorm = headNorms ? Panels.allocate(arena, tokens, keyWidth) : null;
    boolean postNorms = layer.postAttentionNorm() != null;
    attentionBeforeNorm = postNorms ? Panels.allocate(arena, tokens, hidden) : null;
    feedForwardBeforeNorm = postNorms ? Panels.allocate(arena, tokens, hidden) : null;
    for (LoraModule module : lora.modules()) {
      thin.put(module, Panels.allocate(arena, tokens, lora.rank()));
    }
  }

  /** The adapter's thin product of a module, (tokens, rank); {@code null} if it is not adapted. */
  @Nullable Panels thin(LoraModule module) {
    return thin.get(module);
  }

  /** Bytes of one layer. */
  static long bytes(ModelConfig config, DecoderLayer layer, LoraShape lora, int tokens) {
    long hidden = Panels.roundUp(config.hiddenSize());
    long queryWidth = Panels.roundUp(config.queryHeads() * config.headDim());
    long keyWidth = Panels.roundUp(config.keyValueHeads() * config.headDim());
    long token = 2 * queryWidth + 2 * keyWidth + hidden;
    token += 2L * Panels.roundUp(config.feedForwardSize());
    token += layer.queryNorm() != null ? queryWidth + keyWidth : 0;
    token += layer.postAttentionNorm() != null ? 2 * hidden : 0;
    token += (long) lora.modules().size() * Panels.roundUp(lora.rank());
    return tokens * token * Float.BYTES;
  }
}
