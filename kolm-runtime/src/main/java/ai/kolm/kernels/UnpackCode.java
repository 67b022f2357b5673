package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * Decodes columns of one group of weight rows of 16-bit floats into half of a panel that {@link
 * PanelCode} multiplies rows of activations with: [column][32 rows].
 */
final class UnpackCode extends PackedCode {
  /** The first block. */
  static final int WEIGHTS = 0;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 1;

  static final int PANEL = 2;

  private static final int MASK = 15;

  UnpackCode(Encoding encoding) {
    super(encoding, 32);
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(BLOCKS));
    a.mov(RDX, Parameters.slot(PANEL));
    constant(v, MASK, 0xFFFF0000);
    Assembler.Label block = a.here();
    floats();
    a.sub(R8, 1);
    a.jump(Condition.NZ, block);
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** A block of 32 columns; a word has two. */
  private void floats() {
    int stride = Panels.WIDTH * Float.BYTES;
    int perWord = 2;
    for (int word = 0; word < Encoding.BLOCK / perWord; word++) {
      for (int row = 0; row < Encoding.GROUP; row += 8) {
        int from = word * PackedMatrix.WORD_BYTES + row * Float.BYTES;
        int to = word * perWord * stride + row * Float.BYTES;
        switch (encoding.quants()) {
          case HALVES -> {
            halves(RSI.at(from), 0, 1, 2);
            v.store(RDX.at(to), 0);
            v.store(RDX.at(to + stride), 1);
          }
          case UPPER_HALVES -> {
            v.load(0, RSI.at(from));
            v.op(VPAND, 1, 0, MASK);
            v.immediate(VPSLLD, 0, 0, 16);
            v.store(RDX.at(to), 0);
            v.store(RDX.at(to + stride), 1);
          }
          default -> throw new IllegalStateException(encoding + " has no 16-bit floats");
        }
      }
    }
    a.add(RSI, Encoding.BLOCK / perWord * PackedMatrix.WORD_BYTES);
    a.add(RDX, Encoding.BLOCK * stride);
  }
}
