package ai.kolm.kernels;

import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLD;
import static ai.kolm.kernels.x86.VectorOp.VPSUBB;
import static ai.kolm.kernels.x86.VectorOp.VPXOR;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Vectors;

/**
 * Machine code that turns quants of 5 and 6 bits in planes into bytes ({@link PackedMatrix} has
 * both layouts). In memory they are what a token waits for; from the nearest cache the bytes come
 * for nothing.
 */
final class BitPlanes {
  private static final int NIBBLES = 0x0F0F0F0F;

  /** Words of a block of nibbles, and columns of a word. */
  private static final int NIBBLE_WORDS = 4;

  // Registers.
  private static final int LOW = 0;
  private static final int PLANE = NIBBLE_WORDS;
  private static final int VALUE = 6;
  private static final int HIGH = 7;
  private static final int NIBBLE_MASK = 8;
  private static final int PLANE_MASK = 9;
  private static final int HALF = 10;

  private final Vectors v;
  private final boolean signed;

  /** Bits of a column that are not in its nibble. */
  private final int planes;

  /**
   * @param quants FIVES or SIXES
   * @param signed whether half of the range is taken away
   */
  BitPlanes(Vectors v, Encoding.Quants quants, boolean signed) {
    this.v = v;
    this.signed = signed;
    this.planes = quants.bits() - NIBBLE_WORDS;
  }

  /** Words of a block per row. */
  int words() {
    return planes + NIBBLE_WORDS;
  }

  /** Sets all lanes of a register. */
  interface Constant {
    void set(Vectors vectors, int register, int bits);
  }

  /** Registers that stay the same for all blocks. */
  void constants(Constant constant) {
    constant.set(v, NIBBLE_MASK, NIBBLES);
    constant.set(v, PLANE_MASK, ((1 << planes) - 1) * 0x10101010);
    if (signed) {
      constant.set(v, HALF, (1 << (NIBBLE_WORDS + planes - 1)) * 0x01010101);
    }
  }

  /** Expands one vector's rows of a block. */
  void expand(Address from, Address to) {
    for (int plane = 0; plane < planes; plane++) {
      v.load(PLANE + plane, from.plus(plane * PackedMatrix.WORD_BYTES));
    }
    for (int word = 0; word < NIBBLE_WORDS; word++) {
      v.load(LOW + word, from.plus((planes + word) * PackedMatrix.WORD_BYTES));
    }
    for (int quad = 0; quad < 2 * NIBBLE_WORDS; quad++) {
      int nibbles = LOW + quad % NIBBLE_WORDS;
      if (quad < NIBBLE_WORDS) {
        v.op(VPAND, VALUE, nibbles, NIBBLE_MASK);
      } else {
        v.immediate(VPSRLD, VALUE, nibbles, 4);
        v.op(VPAND, VALUE, VALUE, NIBBLE_MASK);
      }
      high(quad);
      v.op(VPXOR, VALUE, VALUE, HIGH);
      if (signed) {
        v.op(VPSUBB, VALUE, VALUE, HALF);
      }
      v.store(to.plus(quad * PackedMatrix.WORD_BYTES), VALUE);
    }
  }

  /** The upper bits of four columns, above where their nibbles are. */
  private void high(int quad) {
    int perPlane = 2 * NIBBLE_WORDS / planes;
    int plane = PLANE + quad / perPlane;
    int up = 4 - quad % perPlane * planes;
    if (up > 0) {
      v.immediate(VPSLLD, HIGH, plane, up);
    } else if (up < 0) {
      v.immediate(VPSRLD, HIGH, plane, -up);
    }
    v.op(VPAND, HIGH, up == 0 ? plane : HIGH, PLANE_MASK);
  }
}
