package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VBROADCASTSS;
import static ai.kolm.kernels.x86.VectorOp.VDIVPS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMINPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VSQRTPS;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.VectorOp;
import ai.kolm.kernels.x86.Vectors;

/**
 * Routines that go along a row: norms, gates, the cap of scores. The same operations in the same
 * order as the scalar kernels, so the same bits.
 */
final class RowCode {
  /** The row, or what is gated: 32 floats, then the next 32 at a stride. */
  static final int X = 0;

  static final int X_STRIDE = 1;

  /** Panels of 32 columns, at least 1. */
  static final int PANELS = 2;

  /** Weights of a norm, and what gates multiply with: as many floats, contiguous. */
  static final int OTHER = 3;

  /** The result of a norm. */
  static final int Y = 4;

  static final int Y_STRIDE = 5;
  static final int CONSTANTS = 6;

  /** A float: eps of a norm; factor on scores. */
  static final int EPS = 7;

  static final int SCALE = 7;

  /** A float: columns of a norm; bound of scores. */
  static final int WIDTH = 8;

  static final int CAP = 8;

  /** What a layer norm adds in the end: as many floats, contiguous. */
  static final int BIAS = 9;

  /** Sums and maxima of a row run in so many chains. */
  static final int LANES = 16;

  private final Assembler a = new Assembler();
  private final Vectors v;
  private final Vectors quarter = new Vectors(a, 16);

  /** Vectors of a panel. */
  private final int vectors;

  /** How many accumulators make 16 lanes. */
  private final int accumulators;

  private RowCode(int width) {
    v = new Vectors(a, width);
    vectors = Panels.WIDTH * Float.BYTES / width;
    accumulators = LANES * Float.BYTES / width;
  }

  /** See {@link Kernels#rmsNorm}. */
  static Assembler norm(int width) {
    return new RowCode(width).assembleNorm();
  }

  /**
   * See {@link Kernels#layerNorm}, of whole panels, in place.
   *
   * @param adds whether Y is added before
   */
  static Assembler layerNorm(int width, boolean adds) {
    return new RowCode(width).assembleLayerNorm(adds);
  }

  /** See {@link Kernels#gate}; panels are contiguous. */
  static Assembler gate(Activation activation, int width) {
    return new RowCode(width).assembleGate(activation);
  }

  /** s = CAP * tanh(s * SCALE / CAP). */
  static Assembler cap(int width) {
    return new RowCode(width).assembleCap();
  }

  private void begin() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    a.mov(RCX, Parameters.slot(OTHER));
    a.mov(RDX, Parameters.slot(CONSTANTS));
  }

  private Assembler end() {
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void nextPanel(Assembler.Label loop) {
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.sub(R8, 1);
    a.jump(Condition.NZ, loop);
  }

  private Assembler assembleNorm() {
    begin();
    v.zero(0);
    v.zero(1);
    Assembler.Label squares = a.here();
    for (int i = 0; i < vectors; i++) {
      v.load(2, RSI.at(i * v.width()));
      v.op(VFMADD231PS, i % accumulators, 2, 2);
    }
    nextPanel(squares);
    mean(0, 1);
    inverseRoot(0, 1);
    v.op(VBROADCASTSS, 0, 0);
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    a.mov(R9, Parameters.slot(Y));
    Assembler.Label scale = a.here();
    for (int i = 0; i < vectors; i++) {
      v.op(VMULPS, 1, 0, RSI.at(i * v.width()));
      v.op(VMULPS, 1, 1, RCX.at(i * v.width()));
      v.store(R9.at(i * v.width()), 1);
    }
    a.add(RCX, vectors * v.width());
    a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(Y_STRIDE));
    nextPanel(scale);
    return end();
  }

  private Assembler assembleLayerNorm(boolean adds) {
    begin();
    a.mov(R9, Parameters.slot(Y));
    v.zero(0);
    v.zero(1);
    Assembler.Label sum = a.here();
    for (int i = 0; i < vectors; i++) {
      v.load(2, RSI.at(i * v.width()));
      if (adds) {
        v.op(VADDPS, 2, 2, R9.at(i * v.width()));
        v.store(RSI.at(i * v.width()), 2);
      }
      v.op(VADDPS, i % accumulators, i % accumulators, 2);
    }
    if (adds) {
      a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(Y_STRIDE));
    }
    nextPanel(sum);
    mean(0, 1);
    v.op(VBROADCASTSS, 6, 0);
    for (int i = 0; i < 4; i++) {
      v.zero(i);
    }
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    Assembler.Label squares = a.here();
    for (int i = 0; i < vectors; i++) {
      v.load(4, RSI.at(i * v.width()));
      v.op(VSUBPS, 4, 4, 6);
      v.op(VADDPS, 2 + i % accumulators, 2 + i % accumulators, 4);
      v.op(VFMADD231PS, i % accumulators, 4, 4);
      v.store(RSI.at(i * v.width()), 4);
    }
    nextPanel(squares);
    mean(2, 3);
    v.op(VBROADCASTSS, 6, 2);
    mean(0, 1);
    inverseRoot(0, 1);
    v.op(VBROADCASTSS, 7, 0);
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    a.mov(R9, Parameters.slot(BIAS));
    Assembler.Label scale = a.here();
    for (int i = 0; i < vectors; i++) {
      v.load(4, RSI.at(i * v.width()));
      v.op(VSUBPS, 4, 4, 6);
      v.op(VMULPS, 4, 4, 7);
      v.load(5, RCX.at(i * v.width()));
      v.op(VFMADD213PS, 4, 5, R9.at(i * v.width()));
      v.store(RSI.at(i * v.width()), 4);
    }
    a.add(RCX, vectors * v.width());
    a.add(R9, vectors * v.width());
    nextPanel(scale);
    return end();
  }

  /** x = the sum of its 16 lanes / WIDTH, in the lowest lane. */
  private void mean(int x, int high) {
    acrossLanes(v, VADDPS, x, high);
    quarter.broadcast(high, Parameters.slot(WIDTH));
    quarter.op(VDIVPS, x, x, high);
  }

  /** x = 1 / sqrt(x + EPS). */
  private void inverseRoot(int x, int temporary) {
    quarter.broadcast(temporary, Parameters.slot(EPS));
    quarter.op(VADDPS, x, x, temporary);
    quarter.op(VSQRTPS, x, x);
    quarter.load(temporary, Constants.ONE.in(RDX));
    quarter.op(VDIVPS, x, temporary, x);
  }

  /**
   * Reduces {@link #LANES} lanes, halves pairwise, to the lowest of {@code low}.
   *
   * @param high has the upper 8, of vectors with 8; else lost
   */
  static void acrossLanes(Vectors v, VectorOp op, int low, int high) {
    if (v.lanes() < LANES) {
      v.op(op, low, low, high);
    }
    v.reduce(op, low, high);
  }

  private Assembler assembleGate(Activation activation) {
    begin();
    Assembler.Label loop = a.here();
    for (int i = 0; i < vectors; i++) {
      v.load(0, RSI.at(i * v.width()));
      switch (activation) {
        case SILU -> v.copy(1, 0);
        case GELU_TANH -> {
          v.op(VMULPS, 2, 0, 0);
          v.op(VMULPS, 2, 2, 0);
          v.load(1, Constants.GELU_CUBIC.in(RDX));
          v.op(VFMADD213PS, 1, 2, 0);
          v.op(VMULPS, 1, 1, Constants.GELU_SCALE.in(RDX));
        }
      }
      // x * (1 / (1 + exp(-u))) * up
      v.zero(2);
      v.op(VSUBPS, 1, 2, 1);
      inverseOfOnePlusExp(1);
      v.op(VMULPS, 1, 0, 1);
      v.op(VMULPS, 1, 1, RCX.at(i * v.width()));
      v.store(RSI.at(i * v.width()), 1);
    }
    a.add(RCX, vectors * v.width());
    nextPanel(loop);
    return end();
  }

  /** x = 1 / (1 + exp(x)). Uses registers 2 to 5. */
  private void inverseOfOnePlusExp(int x) {
    v.op(VMINPS, x, x, Constants.EXP_MAX.in(RDX));
    Constants.exp(v, RDX, 2, x, 3);
    v.op(VADDPS, 2, 2, Constants.ONE.in(RDX));
    v.load(x, Constants.ONE.in(RDX));
    v.op(VDIVPS, x, x, 2);
  }

  private Assembler assembleCap() {
    begin();
    v.broadcast(6, Parameters.slot(SCALE));
    v.broadcast(7, Parameters.slot(CAP));
    Assembler.Label loop = a.here();
    for (int i = 0; i < vectors; i++) {
      v.op(VMULPS, 1, 6, RSI.at(i * v.width()));
      v.op(VDIVPS, 1, 1, 7);
      v.op(VADDPS, 1, 1, 1);
      inverseOfOnePlusExp(1);
      v.load(2, Constants.MINUS_TWO.in(RDX));
      v.op(VFMADD213PS, 1, 2, Constants.ONE.in(RDX));
      v.op(VMULPS, 1, 1, 7);
      v.store(RSI.at(i * v.width()), 1);
    }
    nextPanel(loop);
    return end();
  }
}
