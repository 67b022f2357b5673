package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPS2PH;
import static ai.kolm.kernels.x86.VectorOp.VEXTRACTF128;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFD;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Vectors;

/**
 * Routines that go down the rows of one panel: 32 floats, then as many at a stride. They do little
 * with each float, so what counts is that they are fast from the first call on: the same loops in
 * Java take most of the time of a process's first answer. The same operations as the Java code, so
 * the same bits.
 */
final class PanelRowCode {
  static final int X = 0;
  static final int X_STRIDE = 1;

  /** At least 1. */
  static final int ROWS = 2;

  static final int Y = 3;
  static final int Y_STRIDE = 4;

  /** Floats that X is multiplied with, or cosines. */
  static final int FACTORS = 5;

  static final int FACTOR_STRIDE = 6;
  static final int SINES = 7;

  private static final int VECTORS = Panels.WIDTH * Float.BYTES / 32;

  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, 32);
  private final Vectors half = new Vectors(a, 16);

  private PanelRowCode() {}

  /** x += y * the float at FACTORS. */
  static Assembler add() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          code.v.broadcast(1, RCX.at(0));
          for (int i = 0; i < VECTORS; i++) {
            code.v.load(0, RSI.at(32 * i));
            code.v.op(VFMADD231PS, 0, 1, R9.at(32 * i));
            code.v.store(RSI.at(32 * i), 0);
          }
        },
        RSI,
        R9);
  }

  /** y = x * the row's float at FACTORS. */
  static Assembler copy() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          code.v.broadcast(1, RCX.at(0));
          for (int i = 0; i < VECTORS; i++) {
            code.v.op(VMULPS, 0, 1, RSI.at(32 * i));
            code.v.store(R9.at(32 * i), 0);
          }
        },
        RSI,
        R9,
        RCX);
  }

  /** {@link Rotation} of pairs of neighbours: x = x * cos + (x, neighbours exchanged) * sin. */
  static Assembler rotateAdjacent() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          for (int i = 0; i < VECTORS; i++) {
            code.v.load(0, RSI.at(32 * i));
            code.v.immediate(VPSHUFD, 1, 0, 0xB1);
            code.v.op(VMULPS, 0, 0, RCX.at(32 * i));
            code.v.op(VMULPS, 1, 1, R10.at(32 * i));
            code.v.op(VADDPS, 0, 0, 1);
            code.v.store(RSI.at(32 * i), 0);
          }
        },
        RSI,
        RCX,
        R10);
  }

  /** {@link Rotation} of x with y, as far apart in a head: x cos - y sin, y cos + x sin. */
  static Assembler rotateHalves() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          for (int i = 0; i < VECTORS; i++) {
            code.v.load(0, RSI.at(32 * i));
            code.v.load(1, R9.at(32 * i));
            code.v.load(2, RCX.at(32 * i));
            code.v.load(3, R10.at(32 * i));
            code.v.op(VMULPS, 4, 0, 2);
            code.v.op(VMULPS, 5, 1, 3);
            code.v.op(VSUBPS, 4, 4, 5);
            code.v.store(RSI.at(32 * i), 4);
            code.v.op(VMULPS, 4, 1, 2);
            code.v.op(VMULPS, 5, 0, 3);
            code.v.op(VADDPS, 4, 4, 5);
            code.v.store(R9.at(32 * i), 4);
          }
        },
        RSI,
        R9,
        RCX,
        R10);
  }

  /** y = x in half precision, contiguous: values of the cache. */
  static Assembler storeValues() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          for (int i = 0; i < VECTORS; i++) {
            code.v.load(0, RSI.at(32 * i));
            code.v.storeHalves(R9.at(16 * i), 0);
          }
        },
        RSI,
        R9);
  }

  /** y = x in half precision, a block's positions apart: keys of the cache. */
  static Assembler storeKeys() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          for (int i = 0; i < VECTORS; i++) {
            code.v.load(0, RSI.at(32 * i));
            code.v.immediate(VEXTRACTF128, 1, 0, 1);
            code.words(8 * i, 0);
            code.words(8 * i + 4, 1);
          }
        },
        RSI,
        R9);
  }

  /** y = x, a block's positions apart: keys of a cache in single precision. */
  static Assembler storeFloatKeys() {
    PanelRowCode code = new PanelRowCode();
    return code.rows(
        () -> {
          for (int i = 0; i < Panels.WIDTH; i += 4) {
            code.half.load(0, RSI.at(i * Float.BYTES));
            for (int j = 1; j < 4; j++) {
              code.half.immediate(VPSHUFD, j, 0, j);
            }
            for (int j = 0; j < 4; j++) {
              code.half.storeFirst(R9.at((i + j) * KvCache.BLOCK * Float.BYTES), j);
            }
          }
        },
        RSI,
        R9);
  }

  private void words(int dimension, int x) {
    half.immediate(VCVTPS2PH, x, x, 0);
    for (int j = 0; j < 4; j++) {
      half.storeWord(R9.at((dimension + j) * KvCache.BLOCK * Short.BYTES), x, j);
    }
  }

  /** A loop over the rows; {@code moving} go on by their strides. */
  private Assembler rows(Runnable body, Register... moving) {
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(ROWS));
    a.mov(R9, Parameters.slot(Y));
    a.mov(RCX, Parameters.slot(FACTORS));
    a.mov(R10, Parameters.slot(SINES));
    Assembler.Label loop = a.here();
    body.run();
    for (Register register : moving) {
      a.arithmetic(Arithmetic.ADD, register, Parameters.slot(stride(register)));
    }
    a.sub(R8, 1);
    a.jump(Condition.NZ, loop);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private static int stride(Register register) {
    return switch (register) {
      case RSI -> X_STRIDE;
      case R9 -> Y_STRIDE;
      case RCX, R10 -> FACTOR_STRIDE;
      default -> throw new IllegalStateException(register + " does not move");
    };
  }
}
