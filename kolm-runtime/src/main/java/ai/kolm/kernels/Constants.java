package ai.kolm.kernels;

import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPS2DQ;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VFNMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPANDN;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRAD;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Constants of routines, each sixteen times: operands in memory, because registers are few. {@link
 * #exp} is {@link Elementary#exp} in machine code.
 */
enum Constants {
  LOG2_E(Elementary.LOG2_E),
  ROUND(Elementary.ROUND),
  LN2_HIGH(Elementary.LN2_HIGH),
  LN2_LOW(Elementary.LN2_LOW),
  C6(Elementary.C6),
  C5(Elementary.C5),
  C4(Elementary.C4),
  C3(Elementary.C3),
  C2(Elementary.C2),
  C1(Elementary.C1),
  ONE(1),
  MINUS_TWO(-2),
  EXP_MIN(Elementary.EXP_MIN),
  EXP_MAX(Elementary.EXP_MAX),
  GELU_CUBIC(Elementary.GELU_CUBIC),
  GELU_SCALE(Elementary.GELU_SCALE),
  MINUS_INFINITY(Float.NEGATIVE_INFINITY),
  MAGNITUDE(Float.intBitsToFloat(Integer.MAX_VALUE)),
  BIAS(Float.intBitsToFloat(Elementary.EXPONENT_BIAS)),
  /** The largest activations in 16 and in 8 bits. */
  WORD_MAX(Short.MAX_VALUE),
  WORD_INVERSE(1f / Short.MAX_VALUE),
  BYTE_MAX(Byte.MAX_VALUE),
  BYTE_INVERSE(1f / Byte.MAX_VALUE),
  /** Steps of unsigned bytes. */
  BYTE_STEPS(255),
  BYTE_STEP(1f / 255),
  MINUS_BIAS(-QuadDot.BIAS),
  /** Keeps a row of zeros from dividing by zero. */
  SMALLEST(1e-30f),
  /** Inverted, they turn signed bytes into unsigned ones, 128 larger. */
  HIGHEST_BITS(Float.intBitsToFloat(0x80808080));

  private static final int BYTES = 64;

  private final int bits;

  Constants(float value) {
    this.bits = Float.floatToRawIntBits(value);
  }

  /** All of them in memory. */
  static MemorySegment table(Arena arena) {
    MemorySegment table = arena.allocate((long) values().length * BYTES, BYTES);
    for (Constants constant : values()) {
      for (int i = 0; i < BYTES; i += Integer.BYTES) {
        table.set(ValueLayout.JAVA_INT, constant.offset() + i, constant.bits);
      }
    }
    return table;
  }

  @SuppressWarnings("EnumOrdinal") // the table has the order of the constants
  private int offset() {
    return ordinal() * BYTES;
  }

  /** Where this is in a table. */
  long in(MemorySegment table) {
    return table.address() + offset();
  }

  /** Where this is, with the table's address in {@code table}. */
  Address in(Register table) {
    return table.at(offset());
  }

  /**
   * p = exp(x).
   *
   * @param v 256 or 512 bits wide
   * @param x at most {@link Elementary#EXP_MAX}; lost
   * @param t the first of three temporaries
   */
  static void exp(Vectors v, Register table, int p, int x, int t) {
    int below = t;
    int n = t + 1;
    int factor = t + 2;
    // The sign of x - EXP_MIN, in all bits.
    v.op(VSUBPS, below, x, EXP_MIN.in(table));
    v.immediate(VPSRAD, below, below, 31);
    v.op(VMAXPS, x, x, EXP_MIN.in(table));
    v.copy(n, x);
    v.load(factor, LOG2_E.in(table));
    v.op(VFMADD213PS, n, factor, ROUND.in(table));
    v.op(VSUBPS, n, n, ROUND.in(table));
    v.op(VFNMADD231PS, x, n, LN2_HIGH.in(table));
    v.op(VFNMADD231PS, x, n, LN2_LOW.in(table));
    v.load(p, C6.in(table));
    for (Constants c : new Constants[] {C5, C4, C3, C2, C1}) {
      v.op(VFMADD213PS, p, x, c.in(table));
    }
    v.op(VMULPS, factor, x, x);
    v.op(VFMADD213PS, p, factor, x);
    v.op(VADDPS, p, p, ONE.in(table));
    v.op(VCVTPS2DQ, n, n);
    v.op(VPADDD, n, n, BIAS.in(table));
    v.immediate(VPSLLD, n, n, Elementary.EXPONENT_SHIFT);
    v.op(VMULPS, p, p, n);
    v.op(VPANDN, p, below, p);
  }
}
