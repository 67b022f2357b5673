package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VCVTNE2PS2BF16;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPERMW;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRAD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLD;

import ai.kolm.kernels.x86.AmxTiles;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * A group of 16 weight rows decoded, scaled and rounded to bfloat16, in the order of {@link
 * AmxProduct}: once for all rows of activations.
 */
final class AmxWeightCode extends PackedCode {
  /** A super-block of a group. */
  static final int WEIGHTS = 0;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 1;

  /** Receives a tile per block, {@link AmxProduct#BLOCK_BYTES} apart. */
  static final int TARGET = 2;

  /** Memory for what is expanded of a super-block: {@link #EXPANDED_BYTES}. */
  static final int SPANS = 3;

  /** The order of {@link AmxProduct#interleaved}. */
  static final int INTERLEAVED = 4;

  // Registers: the quants of four columns, two columns, what they are multiplied by and what is
  // added, the order of the result, the mask.
  private static final int WORD = 0;
  private static final int EVEN = 1;
  private static final int ODD = 2;
  private static final int SCALE = 28;
  private static final int MINIMUM = 29;
  private static final int ORDER = 30;
  private static final int MASK = 31;

  private final boolean signed;
  private final boolean nibbles;

  AmxWeightCode(Encoding encoding) {
    super(encoding, PackedMatrix.WORD_BYTES);
    signed = !minima();
    nibbles = this.encoding.quants() == Encoding.Quants.NIBBLES;
    if (this.encoding.quants().bits() > Byte.SIZE) {
      throw new IllegalArgumentException(encoding + " has no quants of up to 8 bits");
    }
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(RDX, Parameters.slot(TARGET));
    a.mov(R11, Parameters.slot(BLOCKS));
    superBlocks(SPANS, this::blocks);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void blocks() {
    a.mov(RCX, RAX);
    a.mov(R11, Parameters.slot(SPANS));
    constant(v, MASK, nibbles ? 0xF : 0xFF);
    a.mov(RAX, Parameters.slot(INTERLEAVED));
    v.load(ORDER, RAX.at(0));
    beginFetching();
    Assembler.Label next = a.here();
    block();
    a.sub(RCX, 1);
    a.jump(Condition.NZ, next);
  }

  private void block() {
    fetchStored(ALONE);
    int wordsPerSpan = words() / spansPerBlock();
    for (int word = 0; word < words(); word++) {
      if (word % wordsPerSpan == 0) {
        int span = word / wordsPerSpan * SPAN_BYTES;
        v.load(SCALE, R11.at(span));
        if (minima()) {
          v.load(MINIMUM, R11.at(span + MINIMA));
        }
      }
      prefetch(word, DotCode.AHEAD);
      v.load(WORD, RSI.at(word * PackedMatrix.WORD_BYTES));
      pairs(word, 0);
      if (nibbles) {
        pairs(word + words(), encoding.quants().bits());
      }
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.add(RDX, AmxProduct.BLOCK_BYTES);
    a.add(R11, spansPerBlock() * SPAN_BYTES);
  }

  /** Four columns: of quad {@code quad}, from bit {@code shift} of each byte on. */
  private void pairs(int quad, int shift) {
    for (int pair = 0; pair < 2; pair++) {
      column(EVEN, shift + pair * Byte.SIZE);
      column(ODD, shift + (pair + 2) * Byte.SIZE);
      v.op(VCVTNE2PS2BF16, EVEN, ODD, EVEN);
      v.op(VPERMW, EVEN, ORDER, EVEN);
      v.store(RDX.at((2 * quad + pair) * AmxTiles.ROW_BYTES), EVEN);
    }
  }

  /** The weights of a column, whose quants begin at bit {@code shift}. */
  private void column(int dst, int shift) {
    int above = Integer.SIZE - encoding.quants().bits() - shift;
    if (signed) {
      int from = WORD;
      if (above > 0) {
        v.immediate(VPSLLD, dst, from, above);
        from = dst;
      }
      v.immediate(VPSRAD, dst, from, Integer.SIZE - encoding.quants().bits());
    } else if (shift == 0) {
      v.op(VPAND, dst, WORD, MASK);
    } else {
      v.immediate(VPSRLD, dst, WORD, shift);
      if (above > 0) {
        v.op(VPAND, dst, dst, MASK);
      }
    }
    v.op(VCVTDQ2PS, dst, dst);
    if (minima()) {
      v.op(VFMADD213PS, dst, SCALE, MINIMUM);
    } else {
      v.op(VMULPS, dst, dst, SCALE);
    }
  }
}
