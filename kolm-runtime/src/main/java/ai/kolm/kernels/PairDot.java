package ai.kolm.kernels;

import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPDPWSSD;
import static ai.kolm.kernels.x86.VectorOp.VPMADDWD;
import static ai.kolm.kernels.x86.VectorOp.VPSLLW;
import static ai.kolm.kernels.x86.VectorOp.VPSRAW;
import static ai.kolm.kernels.x86.VectorOp.VPSRLW;

import ai.kolm.kernels.x86.Vectors;

/**
 * Quants as pairs of 16-bit integers. Taking the even and the odd bytes of a word (or the nibbles
 * of those) gives pairs of columns, two apart, that a multiply-add of 16-bit integers takes:
 *
 * <pre>{@code
 * pair 2i    columns 4i, 4i + 2          i = 0 to 7
 * pair 2i+1  columns 4i + 1, 4i + 3
 * }</pre>
 *
 * <p>Quants of 16 bits are stored as these pairs. {@link QuantizeCode} writes activations in the
 * same order.
 */
final class PairDot extends IntegerDot {
  private static final int NIBBLE_MASK = 0x000F000F;
  private static final int BYTE_MASK = 0x00FF00FF;

  private final boolean vnni;

  /**
   * @param vnni whether to use the fused dot product of 16-bit integers
   */
  PairDot(Vectors v, Encoding.Quants quants, boolean vnni) {
    super(v, quants);
    this.vnni = vnni;
  }

  @Override
  int mask() {
    return quants == Encoding.Quants.NIBBLES ? NIBBLE_MASK : BYTE_MASK;
  }

  @Override
  int pieces() {
    return switch (quants) {
      case NIBBLES -> 4;
      case WORDS -> 1;
      default -> 2;
    };
  }

  @Override
  int activation(int word, int piece) {
    // Nibbles from low to high: even bytes low, even high, odd low, odd high.
    return switch (quants) {
      case NIBBLES -> 2 * (word + (piece % 2) * 4) + piece / 2;
      case WORDS -> word;
      default -> 2 * word + piece;
    };
  }

  @Override
  int value(int dst, int source, int mask, int piece) {
    switch (quants) {
      case WORDS -> {
        return source;
      }
      case NIBBLES -> {
        if (piece == 0) {
          v.op(VPAND, dst, source, mask);
        } else {
          v.immediate(VPSRLW, dst, source, 4 * piece);
          if (piece < 3) {
            v.op(VPAND, dst, dst, mask);
          }
        }
      }
      case BYTES -> {
        if (piece == 0) {
          v.op(VPAND, dst, source, mask);
        } else {
          v.immediate(VPSRLW, dst, source, 8);
        }
      }
      default -> {
        if (piece == 0) {
          v.immediate(VPSLLW, dst, source, 8);
          v.immediate(VPSRAW, dst, dst, 8);
        } else {
          v.immediate(VPSRAW, dst, source, 8);
        }
      }
    }
    return dst;
  }

  @Override
  void multiplyAdd(int sum, int value, int activation, int temporary, boolean first) {
    if (vnni) {
      if (first) {
        v.zero(sum);
      }
      v.op(VPDPWSSD, sum, value, activation);
    } else if (first) {
      v.op(VPMADDWD, sum, value, activation);
    } else {
      v.op(VPMADDWD, temporary, value, activation);
      v.op(VPADDD, sum, sum, temporary);
    }
  }
}
