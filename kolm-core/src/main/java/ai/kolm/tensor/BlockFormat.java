package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What the bytes of a block mean: the one thing asked of a quantisation type. Decoding is exact,
 * that is, equal bit for bit to the definition of the type in 32-bit floats; kernels that compute
 * on packed or fused forms are measured against it. Only the payload of a NaN is left to the
 * machine.
 *
 * <p>The definition is the dequantisation of the {@code gguf} Python package. Each implementation
 * gives the layout of its block field by field; all fields are little-endian.
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
   * @throws IndexOutOfBoundsException if source or target is too short; nothing is decoded then
   */
  void decode(MemorySegment source, long offset, float[] target, int targetOffset, int blocks);

  /** The format of {@code type}. */
  static BlockFormat of(TensorType type) {
    return switch (type) {
      case F32 -> new F32Format();
      case F16 -> new F16Format();
      case BF16 -> new BF16Format();
      case Q4_0 -> new Q4_0Format();
      case Q4_1 -> new Q4_1Format();
      case Q5_0 -> new Q5_0Format();
      case Q5_1 -> new Q5_1Format();
      case Q8_0 -> new Q8_0Format();
      case Q2_K -> new Q2_KFormat();
      case Q3_K -> new Q3_KFormat();
      case Q4_K -> new Q4_KFormat();
      case Q5_K -> new Q5_KFormat();
      case Q6_K -> new Q6_KFormat();
      case IQ4_NL -> new IQ4_NLFormat();
      case MXFP4 -> new MXFP4Format();
    };
  }
}
