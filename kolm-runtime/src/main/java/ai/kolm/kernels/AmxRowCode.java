package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTNE2PS2BF16;
import static ai.kolm.kernels.x86.VectorOp.VPSHUFD;

import ai.kolm.kernels.x86.AmxTiles;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/** Rows of activations, up to a tile, rounded to bfloat16, in the order of {@link AmxProduct}. */
final class AmxRowCode {
  /** Of the first row, the first panel. */
  static final int X = 0;

  /** Bytes from a panel to the next. */
  static final int X_STRIDE = 1;

  /** Bytes from a row to the next. */
  static final int ROW_STRIDE = 2;

  /** Rows, 1 to 16. */
  static final int ROWS = 3;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 4;

  /** Receives a tile per block, {@link AmxProduct#BLOCK_BYTES} apart. */
  static final int TARGET = 5;

  /** Columns 0 to 3 as 0, 2, 1, 3. */
  private static final int PAIRS = 0b11_01_10_00;

  private AmxRowCode() {}

  static Assembler assemble() {
    Assembler a = new Assembler();
    Vectors v = new Vectors(a, 64);
    a.endbr64();
    a.mov(RSI, Parameters.slot(X));
    a.mov(RDX, Parameters.slot(TARGET));
    a.mov(R8, Parameters.slot(BLOCKS));
    a.mov(R10, Parameters.slot(ROW_STRIDE));
    Assembler.Label block = a.here();
    a.mov(RAX, RSI);
    a.mov(R9, RDX);
    a.mov(RCX, Parameters.slot(ROWS));
    Assembler.Label row = a.here();
    for (int half = 0; half < 2; half++) {
      v.load(half, RAX.at(half * v.width()));
      v.immediate(VPSHUFD, half, half, PAIRS);
    }
    v.op(VCVTNE2PS2BF16, 0, 1, 0);
    v.store(R9.at(0), 0);
    a.add(RAX, R10);
    a.add(R9, AmxTiles.ROW_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NZ, row);
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.add(RDX, AmxProduct.BLOCK_BYTES);
    a.sub(R8, 1);
    a.jump(Condition.NZ, block);
    a.vzeroupper();
    a.ret();
    return a;
  }
}
