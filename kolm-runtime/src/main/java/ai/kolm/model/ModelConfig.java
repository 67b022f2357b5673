package ai.kolm.model;

import ai.kolm.kernels.Activation;
import ai.kolm.kernels.Rotation;
import java.util.List;

/**
 * Everything about a decoder that is not a weight. {@link Architecture} makes it from a file's
 * metadata; {@link DecoderModel} runs it.
 *
 * @param architecture its name as GGUF has it
 * @param vocabularySize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param layers decoder layers
 * @param feedForwardSize width of the gated layer
 * @param contextLength positions the model was made for
 * @param queryHeads attention heads
 * @param keyValueHeads heads of keys and values
 * @param headDim dimensions of a head
 * @param attentionScale factor on attention scores
 * @param attentionSoftCap bound on attention scores, 0 for none
 * @param normEps added to the mean square in norms
 * @param activation of the feed-forward layer
 * @param ropes the rotary embeddings that layers choose from
 * @param layerTypes one per layer
 * @param pairing which dimensions turn together
 * @param embeddingScale factor on embeddings
 * @param residualScale factor on what a layer adds to the residual stream
 * @param logitScale factor on logits
 * @param logitSoftCap bound on logits, 0 for none
 */
public record ModelConfig(
    String architecture,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int feedForwardSize,
    int contextLength,
    int queryHeads,
    int keyValueHeads,
    int headDim,
    float attentionScale,
    float attentionSoftCap,
    float normEps,
    Activation activation,
    List<Rope> ropes,
    List<LayerType> layerTypes,
    Rotation.Pairing pairing,
    float embeddingScale,
    float residualScale,
    float logitScale,
    float logitSoftCap) {

  private static final int MAX_LAYERS = 1_024;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_CONTEXT = 1 << 24;

  /**
   * A rotary embedding.
   *
   * @param base of the plain frequencies
   * @param rotated dimensions of a head that turn
   * @param scaling how frequencies are stretched
   */
  public record Rope(float base, int rotated, RopeScaling scaling) {}

  /**
   * What differs from layer to layer.
   *
   * @param window positions a row sees, its own included; 0 for all
   * @param rope index in {@link #ropes()}
   */
  public record LayerType(int window, int rope) {}

  /**
   * @throws IllegalArgumentException if a number is out of range or does not fit another; the
   *     message names both
   */
  public ModelConfig {
    range("vocabulary size", vocabularySize, 1, MAX_WIDTH);
    range("hidden size", hiddenSize, 1, MAX_WIDTH);
    range("number of layers", layers, 1, MAX_LAYERS);
    range("feed-forward size", feedForwardSize, 1, MAX_WIDTH);
    range("context length", contextLength, 1, MAX_CONTEXT);
    range("number of heads", queryHeads, 1, MAX_WIDTH);
    range("number of key-value heads", keyValueHeads, 1, queryHeads);
    range("head dimension", headDim, 2, MAX_WIDTH);
    if (queryHeads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "%d heads are not a multiple of %d key-value heads".formatted(queryHeads, keyValueHeads));
    }
    if ((long) queryHeads * headDim > MAX_WIDTH) {
      throw new IllegalArgumentException(
          "%d heads of %d dimensions are too many".formatted(queryHeads, headDim));
    }
    ropes = List.copyOf(ropes);
    for (Rope rope : ropes) {
      range("rotary dimensions", rope.rotated(), 2, headDim);
      if (rope.rotated() % 2 != 0) {
        throw new IllegalArgumentException("rotary dimensions are odd: " + rope.rotated());
      }
    }
    layerTypes = List.copyOf(layerTypes);
    if (layerTypes.size() != layers) {
      throw new IllegalArgumentException(
          "%d layers, but types for %d".formatted(layers, layerTypes.size()));
    }
  }

  private static void range(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s is %,d, expected %,d to %,d".formatted(what, value, min, max));
    }
  }
}
