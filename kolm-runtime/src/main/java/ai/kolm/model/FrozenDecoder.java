package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Rotation;
import java.lang.foreign.Arena;

/**
 * A decoder whose weights stay as their file has them, for training an adapter beside them: see
 * {@link LoraDecoder}.
 *
 * <p>Owns the threads and the memory of everything that is made from it. One thread at a time.
 */
public final class FrozenDecoder implements AutoCloseable {
  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Kernels kernels;
  private final Arena arena;

  FrozenDecoder(ModelConfig config, DecoderWeights weights, Kernels kernels, Arena arena) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.arena = arena;
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
  }

  /** The name of the kernels it runs on. */
  public String kernelName() {
    return kernels.name();
  }

  /** The memory of what is made from this; closed with it. */
  public Arena arena() {
    return arena;
  }

  /**
   * Whether rows of the query and key matrices are in the order of llama-family GGUF files: row
   * {@code h * dim + 2j} and the next are rows {@code h * dim + j} and {@code h * dim + dim / 2 +
   * j} of the Hugging Face model.
   */
  public boolean pairsAreAdjacent() {
    return config.pairing() == Rotation.Pairing.ADJACENT;
  }

  /** Bytes of the weights, as the file has them, that training reads. */
  public long weightBytes() {
    return weights.bytesPerToken();
  }

  Kernels kernels() {
    return kernels;
  }

  DecoderWeights weights() {
    return weights;
  }

  @Override
  public void close() {
    kernels.pool().close();
    arena.close();
  }
}
