package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What the bytes of a block mean: the one thing asked of a quantisation type. Decoding is exact,
 * that is, equal bit for bit to the definition of the type in 32-bit floats; kernels that compute
 * on packed or fused forms are measured against it.
 *
 * <p>Stateless; safe for use by many threads.
 */
public interface BlockFormat {

  /** The type this decodes. */
  TensorType type();

  /**
   * Decodes {@code blocks} consecutive blocks.
   *
   * @param source bytes of the tensor
   * @param offset where the first block starts, in bytes
   * @param target receives {@code blocks * type().blockSize()} values from {@code targetOffset} on
   * @param targetOffset index of the first value
   * @param blocks number of blocks
   * @throws IndexOutOfBoundsException if source or target is too short
   */
  void decode(MemorySegment source, long offset, float[] target, int targetOffset, int blocks);
}
