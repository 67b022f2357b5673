package ai.kolm.model;

import ai.kolm.kernels.Attention;
import ai.kolm.kernels.FrozenProduct;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.LowRankProduct;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.Rotation;
import ai.kolm.kernels.SegmentAttention;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;

/**
 * A frozen decoder with a LoRA adapter, and the gradient of its loss by the adapter's weights: the
 * forward pass of {@link DecoderModel} over whole conversations, and its derivative, block by block
 * in reverse (LoRA: Hu et al. 2021).
 *
 * <p>The input of every layer is kept. Of what a layer computes besides, as much is kept as the
 * budget allows, for the layers behind; the others compute it again on the way back (Chen et al.
 * 2016). That changes no bit of the result.
 *
 * <p>All memory is allocated when this is made. One thread at a time; it spreads the work over
 * threads of its own. Results depend neither on their number nor on the kernels.
 */
public final class LoraDecoder {
  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Kernels kernels;
  private final SegmentAttention attention;
  private final LossHead head;
  private final TrainableLayer[] layers;
  private final Panels[] streams; // layers + 1: (tokens, hidden): the input of each layer, the end
  private final LayerActivations[] kept; // of the last layers
  private final LayerActivations again;
  private final Panels gradient; // (tokens, hidden): of the stream
  private final LayerScratch scratch;
  private final Rotation[] rotations;
  private final Rotation[] reverse;
  private final float[][] frequencies;
  private final float[] row;
  private final int maxTokens;

  /**
   * @param maxTokens of a row
   * @param keptLayers layers of which everything is kept; 0 to all
   */
  public LoraDecoder(FrozenDecoder frozen, LoraWeights lora, int maxTokens, int keptLayers) {
    this.config = frozen.config();
    this.weights = frozen.weights();
    this.kernels = frozen.kernels();
    this.maxTokens = maxTokens;
    Arena arena = frozen.arena();
    FrozenProduct product = new FrozenProduct(kernels, arena);
    LowRankProduct lowRank = new LowRankProduct(kernels, arena, maxTokens, lora.shape().rank());
    attention = new SegmentAttention(kernels, arena, heads(config), maxTokens);
    head = new LossHead(config, weights, kernels, product, arena);
    scratch = new LayerScratch(config, arena, maxTokens);
    AdaptedLinear.Products products = new AdaptedLinear.Products(kernels, product, lowRank);
    layers = new TrainableLayer[config.layers()];
    streams = new Panels[config.layers() + 1];
    for (int i = 0; i < streams.length; i++) {
      streams[i] = Panels.allocate(arena, maxTokens, config.hiddenSize());
    }
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new TrainableLayer(config, weights.layers().get(i), lora, i, products, attention);
    }
    kept = new LayerActivations[Math.min(keptLayers, layers.length)];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = activations(lora, arena);
    }
    again = kept.length == layers.length ? kept[0] : activations(lora, arena);
    gradient = Panels.allocate(arena, maxTokens, config.hiddenSize());
    row = new float[config.hiddenSize()];
    rotations = new Rotation[config.ropes().size()];
    reverse = new Rotation[rotations.length];
    frequencies = new float[rotations.length][];
    for (int i = 0; i < rotations.length; i++) {
      ModelConfig.Rope rope = config.ropes().get(i);
      rotations[i] =
          new Rotation(arena, maxTokens, config.headDim(), rope.rotated(), config.pairing());
      reverse[i] =
          new Rotation(arena, maxTokens, config.headDim(), rope.rotated(), config.pairing());
      frequencies[i] =
          rope.scaling().frequencies(rope.base(), rope.rotated(), config.contextLength());
    }
  }

  private LayerActivations activations(LoraWeights lora, Arena arena) {
    return new LayerActivations(
        config, weights.layers().getFirst(), lora.shape(), arena, maxTokens);
  }

  private static Attention.Heads heads(ModelConfig config) {
    return new Attention.Heads(
        config.queryHeads(),
        config.keyValueHeads(),
        config.headDim(),
        config.attentionScale(),
        config.attentionSoftCap());
  }

  /** Layers whose activations are computed twice. */
  public int recomputedLayers() {
    return layers.length - kept.length;
  }

  /**
   * The sum of the losses of all tokens to be predicted.
   *
   * @throws IllegalArgumentException if the row is too long or has a token that is not there
   */
  public double loss(TrainingRow input) {
    forward(input);
    return head.loss(streams[layers.length], input, 0, gradient);
  }

  /**
   * As {@link #loss}, and adds the gradients of {@code factor} times it to those of the adapter.
   *
   * @param factor usually 1 over the number of tokens to be predicted in a step
   * @throws IllegalArgumentException if the row is too long or has a token that is not there
   */
  public double addGradients(TrainingRow input, float factor) {
    forward(input);
    double loss = head.loss(streams[layers.length], input, factor, gradient);
    for (int i = layers.length - 1; i >= 0; i--) {
      LayerActivations activations = activations(i);
      if (activations == again && recomputedLayers() > 0) {
        layers[i].forward(pass(input, i), streams[i], activations, streams[i + 1], true);
      }
      layers[i].backward(pass(input, i), streams[i], activations, gradient);
    }
    return loss;
  }

  private LayerActivations activations(int layer) {
    int own = layer - recomputedLayers();
    return own < 0 ? again : kept[own];
  }

  private TrainableLayer.Pass pass(TrainingRow input, int layer) {
    int rope = weights.layers().get(layer).type().rope();
    return new TrainableLayer.Pass(input.starts(), rotations[rope], reverse[rope], scratch);
  }

  private void forward(TrainingRow input) {
    embed(input);
    for (int i = 0; i < layers.length; i++) {
      layers[i].forward(pass(input, i), streams[i], activations(i), streams[i + 1], false);
    }
  }

  /** Looks tokens up and sets the angles of their positions. */
  private void embed(TrainingRow input) {
    int tokens = input.tokens().length;
    if (tokens > maxTokens) {
      throw new IllegalArgumentException("%d tokens, at most %d".formatted(tokens, maxTokens));
    }
    Panels stream = streams[0].reshape(tokens);
    Tensor embedding = weights.embedding();
    BlockFormat format = BlockFormat.of(embedding.type());
    int blocks = row.length / embedding.type().blockSize();
    int segment = 0;
    for (int i = 0; i < tokens; i++) {
      int token = input.tokens()[i];
      if (token < 0 || token >= config.vocabularySize()) {
        throw new IllegalArgumentException(
            "token %d of %d".formatted(token, config.vocabularySize()));
      }
      format.decode(embedding.data(), token * embedding.rowBytes(), row, 0, blocks);
      stream.setRow(i, row);
      while (i >= input.starts()[segment + 1]) {
        segment++;
      }
      turn(i, i - input.starts()[segment]);
    }
    if (config.embeddingScale() != 1) {
      kernels.scale(stream, config.embeddingScale());
    }
  }

  private void turn(int at, int position) {
    for (int r = 0; r < rotations.length; r++) {
      float magnitude = config.ropes().get(r).scaling().magnitude();
      rotations[r].setRow(at, position, frequencies[r], magnitude);
      // The transpose of a rotation turns back.
      reverse[r].setRow(at, -position, frequencies[r], magnitude);
    }
  }
}
