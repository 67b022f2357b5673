package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Encodes floats as blocks of a type, for {@link BlockFormat} to decode. F16 and BF16 take the
 * nearest value; Q8_0 and Q4_0 are the definition of the {@code gguf} Python package, bit for bit;
 * Q4_K has no such definition and is the outcome of a search for good scales.
 *
 * <p>Values that are not finite, or would not be after encoding, are refused: one of them would
 * spread through every answer of the model.
 *
 * <p>Stateless; safe for use by many threads.
 */
public interface Quantizer {

  /** The type this encodes to. */
  TensorType type();

  /**
   * Encodes {@code blocks} consecutive blocks.
   *
   * @param source holds {@code blocks * type().blockSize()} values from {@code sourceOffset} on
   * @param sourceOffset index of the first value
   * @param target receives the blocks
   * @param offset where the first block goes, in bytes
   * @param blocks number of blocks
   * @throws IndexOutOfBoundsException if source or target is too short; nothing is encoded then
   * @throws IllegalArgumentException if a value is not finite or too large for the type
   */
  void encode(float[] source, int sourceOffset, MemorySegment target, long offset, int blocks);

  /**
   * The quantizer for {@code type}.
   *
   * @throws IllegalArgumentException if kolm reads the type but does not write it
   */
  static Quantizer of(TensorType type) {
    return switch (type) {
      case F32 -> new F32Quantizer();
      case F16 -> new F16Quantizer();
      case BF16 -> new BF16Quantizer();
      case Q4_0 -> new Q4_0Quantizer();
      case Q8_0 -> new Q8_0Quantizer();
      case Q4_K -> new Q4_KQuantizer();
      case Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, Q6_K, IQ4_NL, MXFP4 ->
          throw new IllegalArgumentException(
              "cannot quantize to %s; possible: F32, F16, BF16, Q4_0, Q8_0, Q4_K".formatted(type));
    };
  }
}
