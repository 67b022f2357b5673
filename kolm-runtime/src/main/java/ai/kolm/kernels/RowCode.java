package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VBROADCASTSS;
import static ai.kolm.kernels.x86.VectorOp.VDIVPS;
import static ai.kolm.kernels.x86.VectorOp.VEXTRACTF128;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMINPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFD;
import static ai.kolm.kernels.x86.VectorOp.VSQRTPS;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.VectorOp;
import ai.kolm.kernels.x86.Vectors;

/**
 * Routines that go along a row: norms, gates, and the exponentials of attention. The same
 * operations in the same order as the scalar kernels, so the same bits.
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

  /**
   * A float: columns of a norm; bound of scores; receives the inverse of the sum of exponentials.
   */
  static final int WIDTH = 8;

  static final int CAP = 8;
  static final int FACTOR = 8;

  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, 32);
  private final Vectors half = new Vectors(a, 16);

  private RowCode() {}

  /** See {@link Kernels#rmsNorm}. */
  static Assembler norm() {
    return new RowCode().assembleNorm();
  }

  /** See {@link Kernels#gate}; panels are contiguous. */
  static Assembler gate(Activation activation) {
    return new RowCode().assembleGate(activation);
  }

  /** s = CAP * tanh(s * SCALE / CAP). */
  static Assembler cap() {
    return new RowCode().assembleCap();
  }

  /** s = exp(s * SCALE - max), FACTOR = 1 / sum of them. */
  static Assembler softmax() {
    return new RowCode().assembleSoftmax();
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
    for (int i = 0; i < 4; i++) {
      v.load(2, RSI.at(i * v.width()));
      v.op(VFMADD231PS, i % 2, 2, 2);
    }
    nextPanel(squares);
    sumLanes(0, 1);
    half.broadcast(1, Parameters.slot(WIDTH));
    half.op(VDIVPS, 0, 0, 1);
    half.broadcast(1, Parameters.slot(EPS));
    half.op(VADDPS, 0, 0, 1);
    half.op(VSQRTPS, 0, 0);
    half.load(1, Constants.ONE.in(RDX));
    half.op(VDIVPS, 0, 1, 0);
    v.op(VBROADCASTSS, 0, 0);
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    a.mov(R9, Parameters.slot(Y));
    Assembler.Label scale = a.here();
    for (int i = 0; i < 4; i++) {
      v.op(VMULPS, 1, 0, RSI.at(i * v.width()));
      v.op(VMULPS, 1, 1, RCX.at(i * v.width()));
      v.store(R9.at(i * v.width()), 1);
    }
    a.add(RCX, 4 * v.width());
    a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(Y_STRIDE));
    nextPanel(scale);
    return end();
  }

  /** The sum of 16 lanes, halves pairwise, in the lowest lane of {@code low}. */
  private void sumLanes(int low, int high) {
    v.op(VADDPS, low, low, high);
    acrossLanes(VADDPS, low, high);
  }

  private void acrossLanes(VectorOp op, int x, int temporary) {
    v.immediate(VEXTRACTF128, temporary, x, 1);
    half.op(op, x, x, temporary);
    half.immediate(VPSHUFD, temporary, x, 0x4E);
    half.op(op, x, x, temporary);
    half.immediate(VPSHUFD, temporary, x, 0xB1);
    half.op(op, x, x, temporary);
  }

  private Assembler assembleGate(Activation activation) {
    begin();
    Assembler.Label loop = a.here();
    for (int i = 0; i < 4; i++) {
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
    a.add(RCX, 4 * v.width());
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
    for (int i = 0; i < 4; i++) {
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

  private Assembler assembleSoftmax() {
    begin();
    v.load(0, Constants.MINUS_INFINITY.in(RDX));
    Assembler.Label max = a.here();
    for (int i = 0; i < 4; i++) {
      v.op(VMAXPS, 0, 0, RSI.at(i * v.width()));
    }
    nextPanel(max);
    acrossLanes(VMAXPS, 0, 1);
    v.op(VBROADCASTSS, 6, 0);
    v.broadcast(7, Parameters.slot(SCALE));
    v.op(VMULPS, 6, 6, 7);
    v.zero(8);
    v.zero(9);
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
    Assembler.Label loop = a.here();
    for (int i = 0; i < 4; i++) {
      v.op(VMULPS, 1, 7, RSI.at(i * v.width()));
      v.op(VSUBPS, 1, 1, 6);
      Constants.exp(v, RDX, 2, 1, 3);
      v.op(VADDPS, 8 + i % 2, 8 + i % 2, 2);
      v.store(RSI.at(i * v.width()), 2);
    }
    nextPanel(loop);
    sumLanes(8, 9);
    half.load(1, Constants.ONE.in(RDX));
    half.op(VDIVPS, 8, 1, 8);
    half.storeFirst(Parameters.slot(FACTOR), 8);
    return end();
  }
}
