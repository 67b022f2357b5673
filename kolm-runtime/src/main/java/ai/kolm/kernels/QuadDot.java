package ai.kolm.kernels;

import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPDPBUSD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLW;
import static ai.kolm.kernels.x86.VectorOp.VPXOR;

import ai.kolm.kernels.x86.Vectors;

/**
 * Quants as four bytes, for the dot product of unsigned and signed bytes. Signed quants get {@link
 * #BIAS} added, which inverts their highest bit; sums begin with what that adds, taken away ({@link
 * QuantizeCode}).
 *
 * <p>Four neighbouring columns meet; those of a block are in the order that {@link QuantizeCode}
 * packs them in: 0, 8, 16, 24, 4, 12, 20, 28.
 */
final class QuadDot extends IntegerDot {
  /** What is added to signed bytes to make them unsigned. */
  static final int BIAS = 128;

  private static final int NIBBLE_MASK = 0x0F0F0F0F;
  private static final int HIGHEST_BITS = 0x80808080;

  QuadDot(Vectors v, Encoding.Quants quants) {
    super(v, quants);
    if (quants == Encoding.Quants.WORDS) {
      throw new IllegalArgumentException(quants + " are no bytes");
    }
  }

  @Override
  int mask() {
    return quants == Encoding.Quants.NIBBLES ? NIBBLE_MASK : HIGHEST_BITS;
  }

  @Override
  int pieces() {
    return quants == Encoding.Quants.NIBBLES ? 2 : 1;
  }

  @Override
  int activation(int word, int piece) {
    int quad = word + piece * 4;
    return quad / 2 + (quad % 2) * 4;
  }

  @Override
  int value(int dst, int source, int mask, int piece) {
    return switch (quants) {
      case NIBBLES -> {
        if (piece == 0) {
          v.op(VPAND, dst, source, mask);
        } else {
          v.immediate(VPSRLW, dst, source, 4);
          v.op(VPAND, dst, dst, mask);
        }
        yield dst;
      }
      case SIGNED_BYTES -> {
        v.op(VPXOR, dst, source, mask);
        yield dst;
      }
      default -> source;
    };
  }

  @Override
  void multiplyAdd(int sum, int value, int activation, int temporary, boolean first) {
    if (first) {
      v.zero(sum);
    }
    v.op(VPDPBUSD, sum, value, activation);
  }
}
