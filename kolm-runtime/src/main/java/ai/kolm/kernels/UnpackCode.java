package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * Decodes columns of one group of weight rows into a panel that {@link TileCode} (integers) or
 * {@link PanelCode} (floats) multiplies many rows of activations with.
 *
 * <pre>{@code
 * integers  [block][pair][16 rows] of two 16-bit integers, and their spans apart
 * floats    [column][32 rows]: this group is half of that width
 * }</pre>
 */
final class UnpackCode extends PackedCode {
  /** The first super-block. */
  static final int WEIGHTS = 0;

  /** Blocks, at least 1; all but the last super-block are whole. */
  static final int BLOCKS = 1;

  static final int PANEL = 2;

  /** Receives the spans, one more than there are. */
  static final int SPANS = 3;

  /** Bytes of a block of integers. */
  static final int BLOCK_BYTES = PAIRS * PackedMatrix.WORD_BYTES;

  private static final int WEIGHT = 8;
  private static final int VALUE = 9;
  private static final int MASK = 15;

  UnpackCode(Encoding encoding, int width) {
    super(encoding, width);
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(BLOCKS));
    a.mov(RDX, Parameters.slot(PANEL));
    a.mov(R9, Parameters.slot(SPANS));
    if (encoding.scales() == Encoding.Scales.NONE) {
      constant(narrow(), MASK, 0xFFFF0000);
      Assembler.Label block = a.here();
      floats();
      a.sub(R8, 1);
      a.jump(Condition.NZ, block);
    } else {
      mask(MASK);
      Assembler.Label superBlock = a.here();
      superBlock();
      a.arithmetic(Arithmetic.CMP, R8, 0);
      a.jump(Condition.NZ, superBlock);
    }
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void superBlock() {
    int blocks = Encoding.SUPER_BLOCK / Encoding.BLOCK;
    Assembler.Label whole = a.label();
    a.mov(RAX, blocks);
    a.arithmetic(Arithmetic.CMP, R8, RAX);
    a.jump(Condition.GE, whole);
    a.mov(RAX, R8);
    a.bind(whole);
    a.arithmetic(Arithmetic.SUB, R8, RAX);
    scales(R9);
    if (encoding.scales().lanes(1) == 5) {
      a.add(R9, blocks * spansPerBlock() * SPAN_BYTES);
    }
    Assembler.Label block = a.here();
    for (int word = 0; word < words(); word++) {
      for (int part = 0; part < parts(); part++) {
        int row = part * v.width();
        v.load(WEIGHT, RSI.at(word * PackedMatrix.WORD_BYTES + row));
        for (int piece = 0; piece < partsOfWord(); piece++) {
          int pair = pair(VALUE, WEIGHT, MASK, word, piece);
          v.store(RDX.at(pair * PackedMatrix.WORD_BYTES + row), VALUE);
        }
      }
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.add(RDX, BLOCK_BYTES);
    a.sub(RAX, 1);
    a.jump(Condition.NZ, block);
  }

  /** A block of 32 columns of a float type. */
  private void floats() {
    int stride = Panels.WIDTH * Float.BYTES;
    int perWord = encoding.quants() == Encoding.Quants.FLOATS ? 1 : 2;
    for (int word = 0; word < Encoding.BLOCK / perWord; word++) {
      for (int row = 0; row < Encoding.GROUP; row += 8) {
        int from = word * PackedMatrix.WORD_BYTES + row * Float.BYTES;
        int to = word * perWord * stride + row * Float.BYTES;
        switch (encoding.quants()) {
          case FLOATS -> {
            narrow().load(0, RSI.at(from));
            narrow().store(RDX.at(to), 0);
          }
          case HALVES -> {
            halves(RSI.at(from), 0, 1, 2);
            narrow().store(RDX.at(to), 0);
            narrow().store(RDX.at(to + stride), 1);
          }
          case UPPER_HALVES -> {
            narrow().load(0, RSI.at(from));
            narrow().op(VPAND, 1, 0, MASK);
            narrow().immediate(VPSLLD, 0, 0, 16);
            narrow().store(RDX.at(to), 0);
            narrow().store(RDX.at(to + stride), 1);
          }
          default -> throw new IllegalStateException(encoding + " is no float type");
        }
      }
    }
    a.add(RSI, Encoding.BLOCK / perWord * PackedMatrix.WORD_BYTES);
    a.add(RDX, Encoding.BLOCK * stride);
  }
}
