package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VBROADCASTSS;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPS2DQ;
import static ai.kolm.kernels.x86.VectorOp.VDIVPS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMINPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPACKSSDW;
import static ai.kolm.kernels.x86.VectorOp.VPACKSSWB;
import static ai.kolm.kernels.x86.VectorOp.VPXOR;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * Rounds a row of activations to unsigned bytes for {@link ByteTileCode}, per span of columns, from
 * the least of them and 0 to the largest and 0:
 *
 * <pre>{@code
 * step = (largest - least) / 255
 * zero = round(-least / step)
 * byte = round(x / step + zero), at most 255      to nearest, ties to even
 * }</pre>
 *
 * <p>What comes out of GELU has nearly no negative numbers, and norms have outliers on one side: so
 * all bytes are made use of. {@link ByteMatrix#firstColumn} says in which order they lie.
 */
final class ByteRowCode {
  /** 32 floats, then the next 32 at a stride. */
  static final int X = 0;

  static final int X_STRIDE = 1;

  /** Spans of columns, at least 1. */
  static final int SPANS = 2;

  /** Receives chunks of 64 bytes, a tile's rows apart. */
  static final int BYTES = 3;

  /**
   * Receives a step, and {@link ByteRows#LANES_BYTES} behind it a zero as integer, per span, twice
   * as far apart.
   */
  static final int SCALES = 4;

  static final int CONSTANTS = 5;

  private static final int CHUNKS = ByteMatrix.SPAN / ByteMatrix.CHUNK;

  private final Assembler a = new Assembler();
  private final Vectors v = new Vectors(a, 64);
  private final Vectors quarter = new Vectors(a, 16);

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(R10, Parameters.slot(X_STRIDE));
    a.mov(R8, Parameters.slot(SPANS));
    a.mov(RCX, Parameters.slot(BYTES));
    a.mov(R9, Parameters.slot(SCALES));
    a.mov(RDX, Parameters.slot(CONSTANTS));
    v.load(17, Constants.HIGHEST_BITS.in(RDX));
    Assembler.Label span = a.here();
    a.mov(R11, RSI);
    scale();
    a.mov(RSI, R11);
    chunks(this::round);
    a.add(R9, 2 * ByteRows.LANES_BYTES);
    a.sub(R8, 1);
    a.jump(Condition.NZ, span);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void chunks(Runnable chunk) {
    a.mov(RAX, CHUNKS);
    Assembler.Label next = a.here();
    chunk.run();
    for (int panel = 0; panel < 2; panel++) {
      a.arithmetic(Arithmetic.ADD, RSI, R10);
    }
    a.sub(RAX, 1);
    a.jump(Condition.NZ, next);
  }

  /** Stores step and zero. In all lanes, register 5: 1 / step; 6: zero - 128. */
  private void scale() {
    v.zero(4);
    v.zero(5);
    chunks(
        () -> {
          for (int i = 0; i < 4; i++) {
            v.load(i, vector(i));
            v.op(VMAXPS, 4, 4, i);
            v.op(VMINPS, 5, 5, i);
          }
        });
    v.reduce(VMAXPS, 4, 6);
    v.reduce(VMINPS, 5, 7);
    quarter.op(VSUBPS, 4, 4, 5);
    quarter.op(VMAXPS, 6, 4, Constants.SMALLEST.in(RDX));
    quarter.load(7, Constants.BYTE_STEPS.in(RDX));
    quarter.op(VDIVPS, 7, 7, 6);
    quarter.op(VMULPS, 4, 4, Constants.BYTE_STEP.in(RDX));
    quarter.storeFirst(R9.at(0), 4);
    quarter.zero(6);
    quarter.op(VSUBPS, 6, 6, 5);
    quarter.op(VMULPS, 6, 6, 7);
    quarter.op(VCVTPS2DQ, 6, 6);
    quarter.storeFirst(R9.at(ByteRows.LANES_BYTES), 6);
    quarter.op(VCVTDQ2PS, 6, 6);
    quarter.op(VADDPS, 6, 6, Constants.MINUS_BIAS.in(RDX));
    v.op(VBROADCASTSS, 5, 7);
    v.op(VBROADCASTSS, 6, 6);
  }

  /** 16 columns of a chunk, which has two panels. */
  private Address vector(int i) {
    int at = i % 2 * v.width();
    return i < 2 ? RSI.at(at) : RSI.at(R10, 1, at);
  }

  private void round() {
    for (int i = 0; i < 4; i++) {
      v.load(i, vector(i));
      v.op(VFMADD213PS, i, 5, 6);
      v.op(VCVTPS2DQ, i, i);
    }
    v.op(VPACKSSDW, 0, 0, 1);
    v.op(VPACKSSDW, 2, 2, 3);
    v.op(VPACKSSWB, 0, 0, 2);
    v.op(VPXOR, 0, 0, 17);
    v.store(RCX.at(0), 0);
    a.add(RCX, ByteTileCode.ROWS * ByteMatrix.CHUNK);
  }
}
