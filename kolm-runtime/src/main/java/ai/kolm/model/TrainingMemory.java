package ai.kolm.model;

import ai.kolm.kernels.FrozenProduct;
import ai.kolm.kernels.LowRankProduct;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.SegmentAttention;
import java.util.OptionalLong;

/**
 * What training takes, worked out before anything is allocated.
 *
 * @param weights bytes of the frozen weights' file that are read
 * @param adapter bytes of the adapter, its gradients, the optimizer's two means and the best state
 *     so far
 * @param activations bytes of what is kept and computed with, however little is kept
 * @param layer bytes more for each layer of which everything is kept
 * @param layers of the model
 */
public record TrainingMemory(long weights, long adapter, long activations, long layer, int layers) {
  /** Code, classes, stacks, buffers and heap of the JVM, as measured beside what is worked out. */
  private static final long PROCESS = 200L << 20;

  /**
   * The memory of a {@link LoraDecoder}.
   *
   * @param maxTokens of a row
   */
  public static TrainingMemory of(FrozenDecoder frozen, LoraShape shape, int maxTokens) {
    ModelConfig config = frozen.config();
    int workers = frozen.kernels().pool().size();
    long layer =
        LayerActivations.bytes(config, frozen.weights().layers().getFirst(), shape, maxTokens);
    long streams =
        (config.layers() + 2L) * maxTokens * Panels.roundUp(config.hiddenSize()) * Float.BYTES;
    long scratch =
        LayerScratch.bytes(config, maxTokens)
            + LossHead.bytes(config)
            + LowRankProduct.bytes(maxTokens, shape.rank())
            + workers
                * (FrozenProduct.BYTES_PER_WORKER
                    + SegmentAttention.bytesPerWorker(config.headDim(), maxTokens));
    long moments = 3L * Float.BYTES * LoraWeights.parameters(shape, config);
    return new TrainingMemory(
        frozen.weightBytes(),
        LoraWeights.bytes(shape, config) + moments,
        streams + scratch + layer,
        layer,
        config.layers());
  }

  /** What this process may take; empty if unknown. */
  public static OptionalLong available() {
    return ProcessMemory.limit();
  }

  /** The least that this can be done with. */
  public long least() {
    return PROCESS + weights + adapter + activations;
  }

  /**
   * Layers of which everything can be kept within {@code bytes}; negative if there is not enough.
   */
  public int keptLayers(long bytes) {
    if (bytes < least()) {
      return -1;
    }
    long spare = (bytes - least()) / layer;
    // With everything kept there is no need for memory to compute again in.
    return spare + 1 >= layers ? layers : (int) spare;
  }

  /** Bytes with so many layers kept. */
  public long bytes(int keptLayers) {
    return least() + layer * Math.min(keptLayers, layers - 1);
  }
}
