package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLD;
import static ai.kolm.kernels.x86.VectorOp.VPXOR;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;

/** The blocks of 256 columns of Q4_K and Q6_K, whose quants and scales are rearranged. */
final class PackSuperBlocks extends PackCode {
  private static final int Q4_K_BYTES = 144;
  private static final int Q6_K_BYTES = 210;

  /** Words of a block of {@code COMPACT_Q6_K}. */
  private static final int Q6_K_WORDS = 6;

  private static final int LOW_NIBBLES = FREE;
  private static final int C0 = FREE + 1;
  private static final int C1 = FREE + 2;
  private static final int C2 = FREE + 3;

  /** What a super-block of 16 rows becomes. */
  private final int packedBytes;

  /**
   * @param stored Q4_K or COMPACT_Q6_K
   */
  PackSuperBlocks(Encoding stored) {
    super(stored);
    packedBytes = (int) PackedMatrix.superBlockBytes(stored, Encoding.SUPER_BLOCK);
  }

  @Override
  void constants() {
    constant(v, LOW_NIBBLES, 0x0F0F0F0F);
    if (encoding == Encoding.Q4_K) {
      exponents(0x7C007C00, 0x04000400, 0);
      constant(v, C0, 0x3F3F3F3F);
      constant(v, C1, 0x30303030);
      constant(v, C2, 0xF0F0F0F0);
    } else {
      exponents(0x7C000000, 0x04000000, 3);
      constant(v, C0, 0x03030303);
    }
  }

  @Override
  void rows() {
    Assembler.Label next = a.here();
    if (encoding == Encoding.Q4_K) {
      blockQ4K();
      a.add(RSI, Q4_K_BYTES);
    } else {
      blockQ6K();
      a.add(RSI, Q6_K_BYTES);
    }
    a.add(RDX, packedBytes);
    a.sub(R11, 1);
    a.jump(Condition.NZ, next);
  }

  private void blockQ4K() {
    for (int row = 0; row < ROWS; row++) {
      v.load(row, at(row, 0));
      check(row);
    }
    transpose();
    v.store(RDX.at(0), 0);
    sixBits(1, 3, 0, 1);
    sixBits(2, 3, 4, 3);
    for (int chunk = 0; chunk < 4; chunk++) {
      int from = 16 + 32 * chunk;
      int to = (5 + 8 * chunk) * WORD;
      for (int row = 0; row < ROWS; row++) {
        v.load(row, at(row, from));
        v.load(T0, at(row, from + 16));
        v.op(VPAND, row, row, LOW_NIBBLES);
        v.op(VPAND, T0, T0, LOW_NIBBLES);
        v.immediate(VPSLLD, T0, T0, 4);
        v.op(VPXOR, row, row, T0);
      }
      storeWords(RDX, to);
      for (int row = 0; row < ROWS; row++) {
        v.load(row, at(row, from));
        v.immediate(VPSRLD, row, row, 4);
        v.op(VPAND, row, row, LOW_NIBBLES);
        v.op(VPAND, T0, C2, at(row, from + 16));
        v.op(VPXOR, row, row, T0);
      }
      storeWords(RDX, to + 4 * WORD);
    }
  }

  /**
   * Eight numbers of six bits.
   *
   * @param lower has four whole ones, and two bits of the others
   * @param upper has the other four of their bits, above {@code shift}
   * @param lane where they go
   */
  private void sixBits(int lower, int upper, int shift, int lane) {
    v.op(VPAND, T0, lower, C0);
    v.store(RDX.at(lane * WORD), T0);
    if (shift > 0) {
      v.immediate(VPSRLD, T0, upper, shift);
      v.op(VPAND, T0, T0, LOW_NIBBLES);
    } else {
      v.op(VPAND, T0, upper, LOW_NIBBLES);
    }
    v.immediate(VPSRLD, T1, lower, 2);
    v.op(VPAND, T1, T1, C1);
    v.op(VPXOR, T0, T0, T1);
    v.store(RDX.at((lane + 1) * WORD), T0);
  }

  private void blockQ6K() {
    v.zero(T0);
    for (int row = 0; row < ROWS; row++) {
      v.load(row, at(row, Q6_K_BYTES - 16)); // the scale is its last half word
      check(row, T1);
      v.storeWord(RDX.at(row * Integer.BYTES), row, 7);
      v.storeWord(RDX.at(row * Integer.BYTES + Short.BYTES), T0, 0);
    }
    for (int row = 0; row < ROWS; row++) {
      v.load(row, at(row, 192));
    }
    storeWords(RDX, WORD);
    for (int block = 0; block < 8; block++) {
      sixBits(block, (5 + block * Q6_K_WORDS) * WORD);
    }
  }

  /** A block of Q6_K: two planes of two bits, one for each half, then nibbles of both halves. */
  private void sixBits(int block, int to) {
    int part = block % 4;
    int low = 64 * (block / 4) + 32 * (part % 2);
    int high = 128 + 32 * (block / 4);
    for (int half = 0; half < 2; half++) {
      for (int row = 0; row < ROWS; row++) {
        v.load(row, at(row, high + 16 * half));
        if (part > 0) {
          v.immediate(VPSRLD, row, row, 2 * part);
        }
        v.op(VPAND, row, row, C0);
      }
      transpose();
      for (int word = 1; word < ROWS; word++) {
        v.immediate(VPSLLD, word, word, 2 * word);
        v.op(VPXOR, 0, 0, word);
      }
      v.store(RDX.at(to + half * WORD), 0);
    }
    for (int row = 0; row < ROWS; row++) {
      nibbles(row, at(row, low), part);
      nibbles(T0, at(row, low + 16), part);
      v.immediate(VPSLLD, T0, T0, 4);
      v.op(VPXOR, row, row, T0);
    }
    storeWords(RDX, to + 2 * WORD);
  }

  /** The lower four bits of 16 columns. */
  private void nibbles(int dst, Address from, int part) {
    v.load(dst, from);
    if (part >= 2) {
      v.immediate(VPSRLD, dst, dst, 4);
    }
    v.op(VPAND, dst, dst, LOW_NIBBLES);
  }
}
