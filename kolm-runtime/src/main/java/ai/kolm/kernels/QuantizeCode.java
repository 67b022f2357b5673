package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VBROADCASTSS;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPS2DQ;
import static ai.kolm.kernels.x86.VectorOp.VDIVPS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPACKSSDW;
import static ai.kolm.kernels.x86.VectorOp.VPACKSSWB;
import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPERMQ;
import static ai.kolm.kernels.x86.VectorOp.VPMADDWD;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFHW;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFLW;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * Turns a row of activations into integers of 16 or 8 bits: per block of 32 columns a scale, the
 * largest magnitude / 32767 or 127, and the integers x / scale rounded to nearest, ties to even;
 * also scale times their sum, for weights with minima.
 *
 * <p>For bytes also corrections, four integers: what products with biased weights have too much,
 * negated. Of weights with {@link QuadDot#BIAS}: of columns 0 to 15, 16 to 31, and all; of nibbles
 * minus 8: of all.
 */
final class QuantizeCode {
  static final int X = 0;
  static final int X_STRIDE = 1;

  /** Panels of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  static final int ACTIVATIONS = 3;
  static final int ACTIVATION_STRIDE = 4;
  static final int SCALES = 5;
  static final int SUMS = 6;
  static final int SCALE_STRIDE = 7;
  static final int CONSTANTS = 8;

  /** Of bytes: receives corrections, {@link QuantizedRows#LANES_BYTES} apart. */
  static final int CORRECTIONS = 9;

  /** Which correction is that of nibbles minus 8. */
  static final int NIBBLES = 3;

  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, 32);
  private final Vectors half = new Vectors(a, 16);

  private final Rounding rounding;

  QuantizeCode(Rounding rounding) {
    this.rounding = rounding;
  }

  /** The first correction of signed weights: one per span. */
  static int spans(Encoding encoding) {
    return encoding.scales().span() == Encoding.BLOCK ? 2 : 0;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(R10, Parameters.slot(BLOCKS));
    a.mov(RCX, Parameters.slot(ACTIVATIONS));
    a.mov(R8, Parameters.slot(SCALES));
    a.mov(R9, Parameters.slot(SUMS));
    a.mov(RDX, Parameters.slot(CONSTANTS));
    a.mov(R11, Parameters.slot(CORRECTIONS));
    Assembler.Label block = a.here();
    scale();
    integers();
    if (rounding == Rounding.WORDS) {
      words();
    } else {
      bytes();
    }
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.arithmetic(Arithmetic.ADD, RCX, Parameters.slot(ACTIVATION_STRIDE));
    a.arithmetic(Arithmetic.ADD, R8, Parameters.slot(SCALE_STRIDE));
    a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(SCALE_STRIDE));
    a.arithmetic(Arithmetic.ADD, R11, Parameters.slot(SCALE_STRIDE));
    a.sub(R10, 1);
    a.jump(Condition.NZ, block);
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** Registers 0 to 3: the block; 4: its scale; 5: the inverse, in all lanes. */
  private void scale() {
    v.load(8, Constants.MAGNITUDE.in(RDX));
    for (int i = 0; i < 4; i++) {
      v.load(i, RSI.at(i * v.width()));
      v.op(VPAND, 4 + i, i, 8);
    }
    v.op(VMAXPS, 4, 4, 5);
    v.op(VMAXPS, 6, 6, 7);
    v.op(VMAXPS, 4, 4, 6);
    v.reduce(VMAXPS, 4, 5);
    half.op(VMAXPS, 5, 4, Constants.SMALLEST.in(RDX));
    boolean words = rounding == Rounding.WORDS;
    half.load(6, (words ? Constants.WORD_MAX : Constants.BYTE_MAX).in(RDX));
    half.op(VDIVPS, 5, 6, 5);
    v.op(VBROADCASTSS, 5, 5);
    half.op(VMULPS, 4, 4, (words ? Constants.WORD_INVERSE : Constants.BYTE_INVERSE).in(RDX));
    half.storeFirst(R8.at(0), 4);
  }

  private void integers() {
    for (int i = 0; i < 4; i++) {
      v.op(VMULPS, i, i, 5);
      v.op(VCVTPS2DQ, i, i);
    }
  }

  private void words() {
    v.load(8, Constants.SHORT_ONES.in(RDX));
    for (int i = 0; i < 2; i++) {
      v.op(VPACKSSDW, i, 2 * i, 2 * i + 1);
      // Columns k and k + 2 become neighbours; then 128-bit halves, which packing kept apart, join.
      v.immediate(VPSHUFLW, i, i, 0xD8);
      v.immediate(VPSHUFHW, i, i, 0xD8);
      v.immediate(VPERMQ, i, i, 0xD8);
      v.store(RCX.at(i * v.width()), i);
      v.op(VPMADDWD, i, i, 8);
    }
    v.op(VPADDD, 0, 0, 1);
    v.reduce(VPADDD, 0, 1);
    sum(0);
  }

  /** Packing works within 128 bits: {@link QuadDot} says what order comes of it. */
  private void bytes() {
    v.op(VPADDD, 6, 0, 1);
    v.op(VPADDD, 7, 2, 3);
    for (int i = 0; i < 2; i++) {
      v.op(VPACKSSDW, 2 * i, 2 * i, 2 * i + 1);
    }
    v.op(VPACKSSWB, 0, 0, 2);
    v.store(RCX.at(0), 0);
    v.reduce(VPADDD, 6, 1);
    v.reduce(VPADDD, 7, 1);
    half.op(VPADDD, 0, 6, 7);
    correction(0, 6, Constants.MINUS_BIAS);
    correction(1, 7, Constants.MINUS_BIAS);
    correction(2, 0, Constants.MINUS_BIAS);
    correction(NIBBLES, 0, Constants.MINUS_EIGHT);
    sum(0);
  }

  /** Products of integers below 2^24 are exact as floats. */
  private void correction(int number, int sum, Constants factor) {
    half.op(VCVTDQ2PS, 1, sum);
    half.op(VMULPS, 1, 1, factor.in(RDX));
    half.op(VCVTPS2DQ, 1, 1);
    half.storeFirst(R11.at(number * QuantizedRows.LANES_BYTES), 1);
  }

  private void sum(int integer) {
    half.op(VCVTDQ2PS, integer, integer);
    half.op(VMULPS, integer, integer, 4);
    half.storeFirst(R9.at(0), integer);
  }
}
