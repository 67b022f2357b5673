package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * Rows of activations times a panel of {@link PackedMatrix} weights in single precision, which are
 * read where they lie: one chain of fused multiply-adds per element, in ascending index, from zero.
 *
 * <p>A call takes some blocks of 32 columns, so that their weights stay in the nearest cache while
 * all tiles of rows meet them, and meanwhile fetches those that come next. Columns past the width
 * of a matrix are zeros on both sides and change nothing.
 */
final class FloatTileCode {
  /** Activations: 32 columns, then the next 32 at a stride. */
  static final int X = 0;

  static final int X_STRIDE = 1;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  /** Words of the first group of the panel. */
  static final int WEIGHTS = 3;

  /** Bytes from the first group of the panel to the second. */
  static final int GROUP_BYTES = 4;

  /** Words of the first group that are read after these. */
  static final int NEXT = 5;

  /** 32 floats per row. */
  static final int RESULT = 6;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 7;

  /** 0 where sums begin; else they go on from the result. */
  static final int COLUMN = 8;

  /** Tiles of {@link #rows} rows, at least 1. */
  static final int TILES = 9;

  private static final int X_ROW = Panels.WIDTH * Float.BYTES;

  /** Columns of a pass of the inner loop. */
  private static final int STEP = 4;

  private final int rows;
  private final Assembler a = new Assembler();
  private final Vectors v;
  private final TileSums sums;
  private final int parts;

  /**
   * @param rows of a tile, 1 to {@link #maxRows}
   * @param width of vectors in bytes, 32 or 64
   */
  FloatTileCode(int rows, int width) {
    this.rows = rows;
    this.v = new Vectors(a, width);
    this.sums = new TileSums(a, v, rows, RESULT, RESULT_STRIDE);
    this.parts = sums.parts();
  }

  /**
   * The most rows of a tile: with 32 registers 24 sums, the two vectors of weights of a column and
   * some activations; with 16 registers 12 sums, an activation of each row and one vector.
   */
  static int maxRows(int width) {
    return width == 64 ? 12 : 3;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(R9, Parameters.slot(TILES));
    Assembler.Label tile = a.here();
    sums.begin(COLUMN);
    a.mov(RSI, Parameters.slot(X));
    a.mov(RDX, Parameters.slot(WEIGHTS));
    a.mov(R11, Parameters.slot(GROUP_BYTES));
    a.mov(RCX, Parameters.slot(NEXT));
    a.mov(R8, Parameters.slot(BLOCKS));
    Assembler.Label block = a.here();
    block();
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.sub(R8, 1);
    a.jump(Condition.NZ, block);
    sums.store();
    a.mov(Parameters.slot(RESULT), R10);
    a.mov(RAX, Parameters.slot(X));
    a.add(RAX, rows * X_ROW);
    a.mov(Parameters.slot(X), RAX);
    a.sub(R9, 1);
    a.jump(Condition.NZ, tile);
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** The 32 columns of a block. */
  private void block() {
    a.mov(RAX, RSI);
    a.mov(R10, Encoding.BLOCK / STEP);
    Assembler.Label step = a.here();
    for (int column = 0; column < STEP; column++) {
      int word = column * PackedMatrix.WORD_BYTES;
      a.prefetch(RCX.at(word));
      a.prefetch(RCX.at(R11, 1, word));
      if (v.evex()) {
        columnByRows(column);
      } else {
        columnByParts(column);
      }
    }
    a.add(RAX, STEP * Float.BYTES);
    a.add(RDX, STEP * PackedMatrix.WORD_BYTES);
    a.add(RCX, STEP * PackedMatrix.WORD_BYTES);
    a.sub(R10, 1);
    a.jump(Condition.NZ, step);
  }

  /** Where a vector of a column's weights is. */
  private Address weights(int column, int part) {
    int perGroup = parts / 2;
    int at = column * PackedMatrix.WORD_BYTES + part % perGroup * v.width();
    return part < perGroup ? RDX.at(at) : RDX.at(R11, 1, at);
  }

  private Address activation(int row, int column) {
    return RAX.at(row * X_ROW + column * Float.BYTES);
  }

  /** With the weights in registers; activations come and go. */
  private void columnByRows(int column) {
    int b = sums.count();
    int x = b + parts;
    int free = v.registers() - x;
    for (int part = 0; part < parts; part++) {
      v.load(b + part, weights(column, part));
    }
    for (int row = 0; row < rows; row++) {
      int value = x + row % free;
      v.broadcast(value, activation(row, column));
      for (int part = 0; part < parts; part++) {
        v.op(VFMADD231PS, sums.register(row, part), value, b + part);
      }
    }
  }

  /** With the activations in registers; weights come and go. */
  private void columnByParts(int column) {
    int x = sums.count();
    int b = x + rows;
    for (int row = 0; row < rows; row++) {
      v.broadcast(x + row, activation(row, column));
    }
    for (int part = 0; part < parts; part++) {
      v.load(b, weights(column, part));
      for (int row = 0; row < rows; row++) {
        v.op(VFMADD231PS, sums.register(row, part), x + row, b);
      }
    }
  }
}
