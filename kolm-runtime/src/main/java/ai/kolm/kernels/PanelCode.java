package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTPH2PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * result (rows, 32) = or += x (rows, n) * b (n, 32) in floats: one chain of fused multiply-adds per
 * element, in ascending index. Weights of float types, keys and values are what b is; keys and
 * values may be in half precision.
 *
 * <p>x is panel-major: 32 columns, then the next 32 at a stride.
 */
final class PanelCode {
  static final int X = 0;

  /** Bytes from 32 columns of x to the next 32. */
  static final int X_STRIDE = 1;

  /** n, at least 1. */
  static final int COUNT = 2;

  static final int B = 3;
  static final int B_STRIDE = 4;
  static final int RESULT = 5;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 6;

  /** Tiles of {@link #rows} rows, at least 1. */
  static final int TILES = 7;

  /** What is read after b, to be fetched meanwhile; only where b has half precision. */
  static final int NEXT = 8;

  /** 0 where sums begin; else they go on from the result. */
  static final int START = 9;

  private static final int X_ROW = Panels.WIDTH * Float.BYTES;

  private final int rows;
  private final boolean half;
  private final Assembler a = new Assembler();
  private final Vectors v;
  private final TileSums sums;
  private final int parts;

  /**
   * @param rows of a tile, 1 to {@link #maxRows}
   * @param half whether b has half precision
   */
  PanelCode(int rows, boolean half, int width) {
    this.rows = rows;
    this.half = half;
    this.v = new Vectors(a, width);
    this.sums = new TileSums(a, v, rows, RESULT, RESULT_STRIDE);
    this.parts = sums.parts();
  }

  /** The most rows of a tile: sums of 32 columns, an activation each, and a vector of b. */
  static int maxRows(int width) {
    return width == 64 ? 8 : 3;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(R9, Parameters.slot(TILES));
    Assembler.Label tile = a.here();
    sums.begin(START);
    a.mov(RSI, Parameters.slot(X));
    a.mov(RDX, Parameters.slot(B));
    if (half) {
      a.mov(R11, Parameters.slot(NEXT));
      a.arithmetic(Arithmetic.SUB, R11, RDX);
    }
    a.mov(RCX, Parameters.slot(B_STRIDE));
    a.mov(R8, Parameters.slot(COUNT));
    Assembler.Label panel = a.here();
    panel(panel);
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

  /** Up to 32 columns of x; goes on at {@code next} while some are left. */
  private void panel(Assembler.Label next) {
    Assembler.Label whole = a.label();
    a.mov(R10, Panels.WIDTH);
    a.arithmetic(Arithmetic.CMP, R8, R10);
    a.jump(Condition.GE, whole);
    a.mov(R10, R8);
    a.bind(whole);
    a.arithmetic(Arithmetic.SUB, R8, R10);
    a.mov(RAX, RSI);
    Assembler.Label column = a.here();
    column();
    a.add(RAX, Float.BYTES);
    a.add(RDX, RCX);
    a.sub(R10, 1);
    a.jump(Condition.NZ, column);
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.arithmetic(Arithmetic.CMP, R8, 0);
    a.jump(Condition.NZ, next);
  }

  private void column() {
    int x = sums.count();
    int b = x + rows;
    for (int row = 0; row < rows; row++) {
      v.broadcast(x + row, RAX.at(row * X_ROW));
    }
    for (int part = 0; part < parts; part++) {
      if (half) {
        if (part == 0) {
          a.prefetch(RDX.at(R11, 1, 0));
        }
        v.op(VCVTPH2PS, b, RDX.at(part * v.width() / 2));
      } else {
        v.load(b, RDX.at(part * v.width()));
      }
      for (int row = 0; row < rows; row++) {
        v.op(VFMADD231PS, sums.register(row, part), x + row, b);
      }
    }
  }
}
