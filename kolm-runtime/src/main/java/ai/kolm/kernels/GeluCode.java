package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMINPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.VectorOp;
import ai.kolm.kernels.x86.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The exact GELU of rows of one panel: the operations of {@link EncoderRows#gelu}, so the same
 * bits.
 */
final class GeluCode {
  /** 32 floats, then as many at a stride. */
  static final int X = 0;

  static final int X_STRIDE = 1;

  /** At least 1. */
  static final int ROWS = 2;

  /** What {@link #table} made. */
  static final int TABLE = 3;

  // Floats of the table; the coefficients follow, highest power first.
  private static final int ROOT_HALF = 0;
  private static final int END = 1;
  private static final int MINUS_END = 2;
  private static final int EIGHTH = 3;
  private static final int MINUS_ONE = 4;
  private static final int HALF = 5;
  private static final int COEFFICIENTS = 6;

  /** Vectors that are computed together. */
  private static final int TOGETHER = 2;

  // Registers: pairs of values, arguments of erf and of its polynomial, sums; a constant.
  private static final int VALUE = 0;
  private static final int U = 2;
  private static final int T = 4;
  private static final int P = 6;
  private static final int CONSTANT = 8;

  private final Assembler a = new Assembler();
  private final Vectors v;

  private GeluCode(int width) {
    v = new Vectors(a, width);
  }

  /** The constants of the routine. */
  static MemorySegment table(Arena arena) {
    float[] floats = new float[COEFFICIENTS + EncoderRows.ERF.length];
    floats[ROOT_HALF] = EncoderRows.ROOT_HALF;
    floats[END] = EncoderRows.END;
    floats[MINUS_END] = -EncoderRows.END;
    floats[EIGHTH] = 0.125f;
    floats[MINUS_ONE] = -1;
    floats[HALF] = 0.5f;
    for (int i = 0; i < EncoderRows.ERF.length; i++) {
      floats[floats.length - 1 - i] = EncoderRows.ERF[i];
    }
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats);
  }

  static Assembler assemble(int width) {
    return new GeluCode(width).assemble();
  }

  private Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(ROWS));
    a.mov(RDX, Parameters.slot(TABLE));
    Assembler.Label row = a.here();
    for (int at = 0; at < Panels.WIDTH * Float.BYTES; at += TOGETHER * v.width()) {
      vectors(at);
    }
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.sub(R8, 1);
    a.jump(Condition.NZ, row);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void vectors(int at) {
    for (int i = 0; i < TOGETHER; i++) {
      v.load(VALUE + i, RSI.at(at + i * v.width()));
    }
    with(ROOT_HALF, VMULPS, U, VALUE);
    with(END, VMINPS, U, U);
    with(MINUS_END, VMAXPS, U, U);
    with(EIGHTH, VMULPS, T, U);
    constant(MINUS_ONE);
    for (int i = 0; i < TOGETHER; i++) {
      v.op(VFMADD213PS, T + i, U + i, CONSTANT);
    }
    constant(COEFFICIENTS);
    for (int i = 0; i < TOGETHER; i++) {
      v.copy(P + i, CONSTANT);
    }
    for (int power = 1; power < EncoderRows.ERF.length; power++) {
      constant(COEFFICIENTS + power);
      for (int i = 0; i < TOGETHER; i++) {
        v.op(VFMADD213PS, P + i, T + i, CONSTANT);
      }
    }
    with(HALF, VMULPS, T, VALUE);
    for (int i = 0; i < TOGETHER; i++) {
      v.op(VMULPS, P + i, U + i, P + i);
      v.op(VFMADD213PS, P + i, T + i, T + i);
      v.store(RSI.at(at + i * v.width()), P + i);
    }
  }

  private void constant(int number) {
    v.broadcast(CONSTANT, RDX.at(number * Float.BYTES));
  }

  /** dst = a op the constant. */
  private void with(int number, VectorOp op, int dst, int source) {
    constant(number);
    for (int i = 0; i < TOGETHER; i++) {
      v.op(op, dst + i, source + i, CONSTANT);
    }
  }
}
