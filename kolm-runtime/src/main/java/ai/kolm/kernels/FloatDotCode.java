package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * One row of activations times groups of weight rows of 16-bit floats, decoded in registers: what
 * {@link DotCode} is for integers. One chain of fused multiply-adds per weight row, in ascending
 * column from zero, so the same bits as {@link PanelCode} has.
 *
 * <p>Weights are read strictly in address order. A lane is a weight row.
 */
final class FloatDotCode extends FloatCode {
  static final int WEIGHTS = 0;

  /** How many groups, at least 1. */
  static final int GROUPS = 1;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  static final int X = 3;

  /** Bytes from 32 columns of x to the next 32. */
  static final int X_STRIDE = 4;

  /** 16 floats per group. */
  static final int RESULT = 5;

  // Registers: sums of eight rows each, an activation per column of a word, weights.
  private static final int SUMS = 0;
  private static final int EVEN_X = 2;
  private static final int ODD_X = 3;
  private static final int EVEN = 4;
  private static final int ODD = 5;
  private static final int TEMPORARY = 6;

  FloatDotCode(Encoding encoding) {
    super(encoding);
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(GROUPS));
    a.mov(R11, Parameters.slot(RESULT));
    constants();
    Assembler.Label group = a.here();
    a.mov(RDX, Parameters.slot(X));
    a.mov(RCX, Parameters.slot(BLOCKS));
    for (int part = 0; part < parts(); part++) {
      v.zero(SUMS + part);
    }
    Assembler.Label block = a.here();
    block();
    a.sub(RCX, 1);
    a.jump(Condition.NZ, block);
    for (int part = 0; part < parts(); part++) {
      inOrder(SUMS + part);
      v.store(R11.at(part * WIDTH), SUMS + part);
    }
    a.add(R11, PackedMatrix.WORD_BYTES);
    a.sub(R8, 1);
    a.jump(Condition.NZ, group);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void block() {
    for (int word = 0; word < words(); word++) {
      prefetch(word, DotCode.AHEAD);
      v.broadcast(EVEN_X, RDX.at(word * PER_WORD * Float.BYTES));
      v.broadcast(ODD_X, RDX.at((word * PER_WORD + 1) * Float.BYTES));
      for (int part = 0; part < parts(); part++) {
        int at = word * PackedMatrix.WORD_BYTES + part * WIDTH;
        floats(RSI.at(at), EVEN, ODD, TEMPORARY);
        v.op(VFMADD231PS, SUMS + part, EVEN, EVEN_X);
        v.op(VFMADD231PS, SUMS + part, ODD, ODD_X);
      }
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.arithmetic(Arithmetic.ADD, RDX, Parameters.slot(X_STRIDE));
  }
}
