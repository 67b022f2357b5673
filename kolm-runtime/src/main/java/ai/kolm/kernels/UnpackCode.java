package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * Decodes columns of one group of weight rows of 16-bit floats into half of a panel that {@link
 * PanelCode} multiplies rows of activations with: [column][32 rows].
 */
final class UnpackCode extends FloatCode {
  /** The first block. */
  static final int WEIGHTS = 0;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 1;

  static final int PANEL = 2;

  UnpackCode(Encoding encoding) {
    super(encoding);
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(BLOCKS));
    a.mov(RDX, Parameters.slot(PANEL));
    constants();
    Assembler.Label block = a.here();
    block();
    a.sub(R8, 1);
    a.jump(Condition.NZ, block);
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** A block of 32 columns; a word has two. */
  private void block() {
    int stride = Panels.WIDTH * Float.BYTES;
    for (int word = 0; word < Encoding.BLOCK / PER_WORD; word++) {
      for (int row = 0; row < Encoding.GROUP; row += 8) {
        int from = word * PackedMatrix.WORD_BYTES + row * Float.BYTES;
        int to = word * PER_WORD * stride + row * Float.BYTES;
        floats(RSI.at(from), 0, 1, 2);
        for (int column = 0; column < PER_WORD; column++) {
          inOrder(column);
          v.store(RDX.at(to + column * stride), column);
        }
      }
    }
    a.add(RSI, Encoding.BLOCK / PER_WORD * PackedMatrix.WORD_BYTES);
    a.add(RDX, Encoding.BLOCK * stride);
  }
}
