package ai.kolm.model;

import ai.kolm.kernels.Panels;
import java.lang.foreign.Arena;

/** Memory that layers use one after the other while they compute: one row per token. */
final class LayerScratch {
  final Panels normed; // (tokens, hidden)
  final Panels branch; // (tokens, hidden): what is added to the stream, or its gradient
  final Panels normedGradient; // (tokens, hidden)
  final Panels inner; // (tokens, feedForward): activation(gate) * up
  final Panels innerGradient; // (tokens, feedForward)
  final Panels gateGradient; // (tokens, feedForward)
  final Panels heads; // (tokens, queryHeads * headDim): gradient
  final Panels queries; // (tokens, queryHeads * headDim): gradient
  final Panels keys; // (tokens, keyValueHeads * headDim): gradient
  final Panels values; // (tokens, keyValueHeads * headDim): gradient

  LayerScratch(ModelConfig config, Arena arena, int tokens) {
    int queryWidth = config.queryHeads() * config.headDim();
    int keyWidth = config.keyValueHeads() * config.headDim();
    normed = Panels.allocate(arena, tokens, config.hiddenSize());
    branch = Panels.allocate(arena, tokens, config.hiddenSize());
    normedGradient = Panels.allocate(arena, tokens, config.hiddenSize());
    inner = Panels.allocate(arena, tokens, config.feedForwardSize());
    innerGradient = Panels.allocate(arena, tokens, config.feedForwardSize());
    gateGradient = Panels.allocate(arena, tokens, config.feedForwardSize());
    heads = Panels.allocate(arena, tokens, queryWidth);
    queries = Panels.allocate(arena, tokens, queryWidth);
    keys = Panels.allocate(arena, tokens, keyWidth);
    values = Panels.allocate(arena, tokens, keyWidth);
  }

  /** Bytes of all. */
  static long bytes(ModelConfig config, int tokens) {
    long hidden = Panels.roundUp(config.hiddenSize());
    long queryWidth = Panels.roundUp(config.queryHeads() * config.headDim());
    long keyWidth = Panels.roundUp(config.keyValueHeads() * config.headDim());
    long inner = Panels.roundUp(config.feedForwardSize());
    return (long) Float.BYTES * tokens * (3 * hidden + 3 * inner + 2 * queryWidth + 2 * keyWidth);
  }
}
