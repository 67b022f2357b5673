package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
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
import static ai.kolm.kernels.x86.VectorOp.VPSHUFHW;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFLW;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSUBD;
import static ai.kolm.kernels.x86.VectorOp.VSHUFPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.VectorOp;
import ai.kolm.kernels.x86.Vectors;

/**
 * Turns activations into integers of 16 or 8 bits: per row and block of 32 columns a scale, the
 * largest magnitude / 32767 or 127, and the integers x / scale rounded to nearest, ties to even;
 * also scale times their sum, for weights with minima.
 *
 * <p>For bytes also corrections, four integers: what products with biased weights have too much,
 * negated. Of weights with {@link QuadDot#BIAS}: of columns 0 to 15, 16 to 31, and all; of nibbles
 * minus 8: of all.
 *
 * <p>Block by block, all rows of a tile at a time: panels have these rows in one piece, and those
 * of the next block are fetched meanwhile. Maxima and sums of several rows are reduced together, as
 * a transposition would: a row has three instructions of it instead of eight.
 */
final class QuantizeCode {
  static final int X = 0;

  /** Bytes from a block to the next. */
  static final int X_STRIDE = 1;

  /** Panels of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  /** Receives the integers of a block, row after row. */
  static final int ACTIVATIONS = 3;

  static final int ACTIVATION_STRIDE = 4;

  /** Receives a scale per row; in vectors of {@link #QUAD} where there are several rows. */
  static final int SCALES = 5;

  /** The same of sums. */
  static final int SUMS = 6;

  static final int SCALE_STRIDE = 7;
  static final int CONSTANTS = 8;

  /** Of bytes: receives corrections, {@link QuantizedRows#LANES_BYTES} apart. */
  static final int CORRECTIONS = 9;

  /** Bytes from a row to the next. */
  static final int ROW_STRIDE = 10;

  /** The routine's own, as long as two vectors of {@link #QUAD} rows. */
  private static final int INVERSES = 12;

  /** Which correction is that of nibbles minus 8. */
  static final int NIBBLES = 3;

  /** Rows whose numbers fit into a vector. */
  private static final int QUAD = 4;

  private static final int MAX_ROWS = 6;

  /** Of the shuffle of two vectors: even numbers of each, odd ones. */
  private static final int EVEN = 0x88;

  private static final int ODD = 0xDD;

  // Registers: the block in 0 to 3, temporaries, the inverse scale, then one per row, then scales.
  private static final int T0 = 4;
  private static final int T1 = 5;
  private static final int INVERSE = 6;
  private static final int ROW = 7;
  private static final int SCALE = ROW + MAX_ROWS;

  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, 32);
  private final Vectors half = new Vectors(a, 16);

  private final Rounding rounding;
  private final int rows;

  /**
   * @param rows of a tile, 1 to 6
   */
  QuantizeCode(Rounding rounding, int rows) {
    if (rows < 1 || rows > MAX_ROWS) {
      throw new IllegalArgumentException("1 to %d rows, not %d".formatted(MAX_ROWS, rows));
    }
    this.rounding = rounding;
    this.rows = rows;
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
    magnitudes();
    scales();
    a.mov(RAX, RSI);
    for (int row = 0; row < rows; row++) {
      integers(row);
      if (rounding == Rounding.WORDS) {
        words(row);
      } else {
        bytes(row);
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(ROW_STRIDE));
    }
    if (rounding == Rounding.WORDS) {
      sums();
    } else {
      corrections();
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

  /** Per row the largest magnitudes of eight lanes; fetches the next block. */
  private void magnitudes() {
    a.mov(RAX, RSI);
    a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(X_STRIDE));
    for (int row = 0; row < rows; row++) {
      a.prefetch(RAX.at(0));
      a.prefetch(RAX.at(2 * v.width()));
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(ROW_STRIDE));
    }
    a.mov(RAX, RSI);
    v.load(T0, Constants.MAGNITUDE.in(RDX));
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < 4; i++) {
        v.op(VPAND, i, T0, RAX.at(i * v.width()));
      }
      v.op(VMAXPS, 0, 0, 1);
      v.op(VMAXPS, 2, 2, 3);
      v.op(VMAXPS, ROW + row, 0, 2);
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(ROW_STRIDE));
    }
  }

  /** Stores scales, and their inverses for {@link #integers}. */
  private void scales() {
    boolean words = rounding == Rounding.WORDS;
    reduce(VMAXPS, rows);
    for (int first = 0; first < rows; first += QUAD) {
      int maximum = ROW + first / QUAD;
      int scale = SCALE + first / QUAD;
      half.op(
          VMULPS,
          scale,
          maximum,
          (words ? Constants.WORD_INVERSE : Constants.BYTE_INVERSE).in(RDX));
      store(R8.at(first * Float.BYTES), scale);
      half.op(VMAXPS, T0, maximum, Constants.SMALLEST.in(RDX));
      half.load(T1, (words ? Constants.WORD_MAX : Constants.BYTE_MAX).in(RDX));
      half.op(VDIVPS, T1, T1, T0);
      half.store(Parameters.slot(INVERSES).plus(first * Float.BYTES), T1);
    }
  }

  /** Numbers of four rows, or of the only one: those of several blocks then lie together. */
  private void store(Address to, int register) {
    if (rows == 1) {
      half.storeFirst(to, register);
    } else {
      half.store(to, register);
    }
  }

  /**
   * The lanes of {@code count} registers from {@link #ROW} on, reduced to one each: four to a
   * register, of 128 bits.
   */
  private void reduce(VectorOp op, int count) {
    int pairs = halve(op, count);
    int quads = halve(op, pairs);
    for (int quad = ROW; quad < ROW + quads; quad++) {
      v.immediate(VectorOp.VEXTRACTF128, T0, quad, 1);
      half.op(op, quad, quad, T0);
    }
  }

  /** Half as many registers, each of two neighbours, with half the lanes of each. */
  private int halve(VectorOp op, int count) {
    for (int i = 0; i < count; i += 2) {
      int second = Math.min(i + 1, count - 1);
      v.op(VSHUFPS, T0, ROW + i, ROW + second, EVEN);
      v.op(VSHUFPS, T1, ROW + i, ROW + second, ODD);
      v.op(op, ROW + i / 2, T0, T1);
    }
    return (count + 1) / 2;
  }

  private void integers(int row) {
    v.broadcast(INVERSE, Parameters.slot(INVERSES).plus(row * Float.BYTES));
    for (int i = 0; i < 4; i++) {
      v.op(VMULPS, i, INVERSE, RAX.at(i * v.width()));
      v.op(VCVTPS2DQ, i, i);
    }
  }

  private void words(int row) {
    v.op(VPADDD, T0, 0, 1);
    v.op(VPADDD, T1, 2, 3);
    v.op(VPADDD, ROW + row, T0, T1);
    for (int i = 0; i < 2; i++) {
      v.op(VPACKSSDW, i, 2 * i, 2 * i + 1);
      // Columns k and k + 2 become neighbours; then 128-bit halves, which packing kept apart, join.
      v.immediate(VPSHUFLW, i, i, 0xD8);
      v.immediate(VPSHUFHW, i, i, 0xD8);
      v.immediate(VPERMQ, i, i, 0xD8);
      v.store(RCX.at(row * rounding.blockBytes() + i * v.width()), i);
    }
  }

  private void sums() {
    reduce(VPADDD, rows);
    for (int first = 0; first < rows; first += QUAD) {
      sum(first, ROW + first / QUAD);
    }
  }

  private void sum(int first, int integers) {
    half.op(VCVTDQ2PS, integers, integers);
    half.op(VMULPS, integers, integers, SCALE + first / QUAD);
    store(R9.at(first * Float.BYTES), integers);
  }

  /**
   * Packing works within 128 bits: {@link QuadDot} says what order comes of it. What remains of the
   * row are sums of the two halves of the block: two lanes of the lower, two of the upper.
   */
  private void bytes(int row) {
    v.op(VPADDD, T0, 0, 1);
    v.op(VPADDD, T1, 2, 3);
    v.op(VSHUFPS, ROW + row, T0, T1, EVEN);
    v.op(VSHUFPS, T0, T0, T1, ODD);
    v.op(VPADDD, ROW + row, ROW + row, T0);
    for (int i = 0; i < 2; i++) {
      v.op(VPACKSSDW, 2 * i, 2 * i, 2 * i + 1);
    }
    v.op(VPACKSSWB, 0, 0, 2);
    v.store(RCX.at(row * rounding.blockBytes()), 0);
  }

  /** Of two rows a register: sums of lower and upper halves in turn. */
  private void corrections() {
    int pairs = halve(VPADDD, rows);
    for (int pair = ROW; pair < ROW + pairs; pair++) {
      v.immediate(VectorOp.VEXTRACTF128, T0, pair, 1);
      half.op(VPADDD, pair, pair, T0);
    }
    for (int first = 0; first < rows; first += QUAD) {
      int pair = ROW + first / 2;
      int other = Math.min(pair + 1, ROW + pairs - 1);
      half.op(VSHUFPS, 0, pair, other, EVEN);
      half.op(VSHUFPS, 1, pair, other, ODD);
      half.op(VPADDD, 2, 0, 1);
      for (int span = 0; span < 3; span++) {
        correction(first, span, span, QuadDot.BIAS);
      }
      correction(first, NIBBLES, 2, Encoding.Q4_0.bias());
      sum(first, 2);
    }
  }

  /** Stores sums times a power of two, negated. */
  private void correction(int first, int number, int sums, int factor) {
    half.immediate(VPSLLD, T0, sums, Integer.numberOfTrailingZeros(factor));
    half.zero(T1);
    half.op(VPSUBD, T0, T1, T0);
    store(R11.at(number * QuantizedRows.LANES_BYTES + first * Float.BYTES), T0);
  }
}
