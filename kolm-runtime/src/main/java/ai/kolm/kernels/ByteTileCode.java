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
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPDPBUSD;
import static ai.kolm.kernels.x86.VectorOp.VPDPWSSD;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * Rows of activations rounded by {@link ByteRowCode} times a panel of a {@link ByteMatrix}, and a
 * bias: per span of columns a sum of products of bytes, exact, in registers, which is then scaled
 * and added to the result.
 *
 * <pre>{@code
 * y = bias, then for each span  y = fma(float(sum of w * (a - zero)), scale * step, y)
 * }</pre>
 *
 * <p>A tile of 12 rows by two vectors has 24 sums; what is left are the two vectors of weights that
 * four columns have, and activations in all lanes, which come and go. A row's result does not
 * depend on the others.
 */
final class ByteTileCode {
  /** Activations: {@link ByteRows}, tile after tile. */
  static final int X = 0;

  /** Steps and zeros of the activations: 16 each per span. */
  static final int X_SCALES = 1;

  /** Bytes from a tile of both to the next. */
  static final int TILE_BYTES = 2;

  /** Spans of columns, at least 1. */
  static final int SPANS = 3;

  /** Quants of a panel. */
  static final int WEIGHTS = 4;

  /** Scales and corrections of the panel. */
  static final int SCALES = 5;

  /** 32 floats. */
  static final int BIAS = 6;

  /** Receives 32 floats per row. */
  static final int RESULT = 7;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 8;

  /** Tiles of {@link #rows} rows, at least 1. */
  static final int TILES = 9;

  /** The most rows of a tile, and the rows that a tile of activations has room for. */
  static final int ROWS = 12;

  private static final int WIDTH = 64;
  private static final int PARTS = 2;

  // Registers after the sums.
  private static final int W = ROWS * PARTS;
  private static final int A = W + PARTS;
  private static final int FREE = 32 - A;

  /** Half of a tile: displacements around the middle are short. */
  private static final int MIDDLE = ROWS / 2 * ByteMatrix.CHUNK;

  private final int rows;
  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, WIDTH);

  /**
   * @param rows of a tile, 1 to {@link #ROWS}
   */
  ByteTileCode(int rows) {
    this.rows = rows;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(R9, Parameters.slot(TILES));
    Assembler.Label tile = a.here();
    bias();
    a.mov(RSI, Parameters.slot(X));
    a.add(RSI, MIDDLE);
    a.mov(R11, Parameters.slot(X_SCALES));
    a.mov(RDX, Parameters.slot(WEIGHTS));
    a.mov(RCX, Parameters.slot(SCALES));
    a.mov(R8, Parameters.slot(SPANS));
    Assembler.Label span = a.here();
    span();
    a.sub(R8, 1);
    a.jump(Condition.NZ, span);
    a.mov(Parameters.slot(RESULT), RAX);
    next(X);
    next(X_SCALES);
    a.sub(R9, 1);
    a.jump(Condition.NZ, tile);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void next(int slot) {
    a.mov(RAX, Parameters.slot(slot));
    a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(TILE_BYTES));
    a.mov(Parameters.slot(slot), RAX);
  }

  /** The result is the bias. */
  private void bias() {
    a.mov(RCX, Parameters.slot(BIAS));
    a.mov(RAX, Parameters.slot(RESULT));
    for (int part = 0; part < PARTS; part++) {
      v.load(W + part, RCX.at(part * WIDTH));
    }
    for (int row = 0; row < rows; row++) {
      for (int part = 0; part < PARTS; part++) {
        v.store(RAX.at(part * WIDTH), W + part);
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
  }

  private static int sum(int row, int part) {
    return row * PARTS + part;
  }

  /** The columns of a span; RAX ends after the last row of the result. */
  private void span() {
    zeros();
    a.mov(R10, ByteMatrix.SPAN / ByteMatrix.CHUNK);
    Assembler.Label chunk = a.here();
    for (int word = 0; word < ByteMatrix.CHUNK / Integer.BYTES; word++) {
      word(word);
    }
    a.add(RSI, ROWS * ByteMatrix.CHUNK);
    a.add(RDX, ByteMatrix.CHUNK / Integer.BYTES * ByteMatrix.QUAD_BYTES);
    a.sub(R10, 1);
    a.jump(Condition.NZ, chunk);
    scale();
    a.add(R11, 2 * ByteRows.LANES_BYTES);
    a.add(RCX, ByteMatrix.SPAN_BYTES);
  }

  /** Sums begin with what zeros of activations add, negated. */
  private void zeros() {
    for (int part = 0; part < PARTS; part++) {
      v.load(W + part, RCX.at(ByteMatrix.QUAD_BYTES + part * WIDTH));
    }
    for (int row = 0; row < rows; row++) {
      int activation = A + row % FREE;
      v.broadcast(activation, R11.at(ByteRows.LANES_BYTES + row * Float.BYTES));
      for (int part = 0; part < PARTS; part++) {
        v.zero(sum(row, part));
        v.op(VPDPWSSD, sum(row, part), activation, W + part);
      }
    }
  }

  private void word(int word) {
    for (int part = 0; part < PARTS; part++) {
      v.load(W + part, RDX.at(word * ByteMatrix.QUAD_BYTES + part * WIDTH));
    }
    for (int row = 0; row < rows; row++) {
      int at = row * ByteMatrix.CHUNK - MIDDLE + word * Integer.BYTES;
      int activation = A + row % FREE;
      v.broadcast(activation, RSI.at(at));
      for (int part = 0; part < PARTS; part++) {
        v.op(VPDPBUSD, sum(row, part), activation, W + part);
      }
    }
  }

  private void scale() {
    for (int part = 0; part < PARTS; part++) {
      v.load(W + part, RCX.at(part * WIDTH));
    }
    a.mov(RAX, Parameters.slot(RESULT));
    for (int row = 0; row < rows; row++) {
      int activation = A + row % 2;
      v.broadcast(activation, R11.at(row * Float.BYTES));
      for (int part = 0; part < PARTS; part++) {
        int factor = A + 2 + (PARTS * row + part) % 4;
        v.op(VMULPS, factor, activation, W + part);
        v.op(VCVTDQ2PS, sum(row, part), sum(row, part));
        v.op(VFMADD213PS, sum(row, part), factor, RAX.at(part * WIDTH));
        v.store(RAX.at(part * WIDTH), sum(row, part));
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
  }
}
