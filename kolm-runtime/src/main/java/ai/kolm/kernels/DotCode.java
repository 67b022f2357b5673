package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * One row of activations times groups of weight rows, decoded in registers: what decoding a token
 * spends its time on, and memory bandwidth should bound it.
 *
 * <p>Weights are read strictly in address order. A lane is a weight row, so nothing is ever summed
 * across lanes. See {@link EmittedProduct} for the sums.
 */
final class DotCode extends PackedCode {
  static final int WEIGHTS = 0;

  /** How many groups, at least 1. */
  static final int GROUPS = 1;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  static final int ACTIVATIONS = 3;
  static final int ACTIVATION_SCALES = 4;

  /** Per block: sum of the activations. */
  static final int ACTIVATION_SUMS = 5;

  /** 16 floats per group. */
  static final int RESULT = 6;

  /** Memory for what is expanded of a super-block: {@link #EXPANDED_BYTES}. */
  static final int SPANS = 7;

  /** One stream of weights, and little to do with each. */
  static final int AHEAD = 4096;

  private final IntegerDot dot;

  /**
   * @param width of vectors in bytes
   * @param vnni whether to use the fused dot product of 16-bit integers
   */
  DotCode(Encoding encoding, int width, boolean vnni) {
    super(encoding, width);
    dot = new PairDot(v, this.encoding.quants(), vnni);
  }

  // Registers: results, integer sums, weights, one activation pair, a temporary, the mask.
  private int result(int part) {
    return part;
  }

  private int sum(int part) {
    return 4 + part;
  }

  private int weights(int part) {
    return 8 + part;
  }

  private static final int PAIR = 12;
  private static final int TEMPORARY = 13;
  private static final int MASK = 15;

  Assembler assemble() {
    a.endbr64();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(GROUPS));
    Assembler.Label group = a.here();
    a.mov(RDX, Parameters.slot(ACTIVATIONS));
    a.mov(R9, Parameters.slot(ACTIVATION_SCALES));
    a.mov(R10, Parameters.slot(ACTIVATION_SUMS));
    a.mov(R11, Parameters.slot(BLOCKS));
    // Scale expansion uses the low registers, so sums of a group wait in memory meanwhile.
    a.mov(RCX, Parameters.slot(RESULT));
    v.zero(0);
    for (int part = 0; part < parts(); part++) {
      v.store(RCX.at(part * v.width()), 0);
    }
    superBlocks(SPANS, this::blocks);
    a.mov(RCX, Parameters.slot(RESULT));
    a.add(RCX, PackedMatrix.WORD_BYTES);
    a.mov(Parameters.slot(RESULT), RCX);
    a.sub(R8, 1);
    a.jump(Condition.NZ, group);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void blocks() {
    a.mov(RCX, Parameters.slot(RESULT));
    for (int part = 0; part < parts(); part++) {
      v.load(result(part), RCX.at(part * v.width()));
    }
    a.mov(RCX, RAX);
    a.mov(R11, Parameters.slot(SPANS));
    constant(v, MASK, dot.mask());
    beginFetching();
    Assembler.Label next = a.here();
    block();
    a.sub(RCX, 1);
    a.jump(Condition.NZ, next);
    a.mov(RCX, Parameters.slot(RESULT));
    for (int part = 0; part < parts(); part++) {
      v.store(RCX.at(part * v.width()), result(part));
    }
  }

  private void block() {
    fetchStored(ALONE);
    int wordsPerSpan = words() / spansPerBlock();
    for (int span = 0; span < spansPerBlock(); span++) {
      for (int word = span * wordsPerSpan; word < (span + 1) * wordsPerSpan; word++) {
        word(word, word % wordsPerSpan == 0);
      }
      for (int part = 0; part < parts(); part++) {
        v.broadcast(TEMPORARY, R9.at(0));
        v.op(VMULPS, TEMPORARY, TEMPORARY, R11.at(span * SPAN_BYTES + part * v.width()));
        v.op(VCVTDQ2PS, sum(part), sum(part));
        v.op(VFMADD231PS, result(part), sum(part), TEMPORARY);
      }
    }
    if (minima()) {
      v.broadcast(TEMPORARY, R10.at(0));
      for (int part = 0; part < parts(); part++) {
        v.op(VFMADD231PS, result(part), TEMPORARY, R11.at(MINIMA + part * v.width()));
      }
      a.add(R10, Float.BYTES);
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.add(RDX, Rounding.WORDS.blockBytes());
    a.add(R9, Float.BYTES);
    a.add(R11, spansPerBlock() * SPAN_BYTES);
  }

  private void word(int word, boolean first) {
    prefetch(word, AHEAD);
    for (int part = 0; part < parts(); part++) {
      v.load(weights(part), RSI.at(word * PackedMatrix.WORD_BYTES + part * v.width()));
    }
    for (int piece = 0; piece < dot.pieces(); piece++) {
      v.broadcast(PAIR, RDX.at(dot.activation(word, piece) * Integer.BYTES));
      for (int part = 0; part < parts(); part++) {
        int value = dot.value(TEMPORARY + part, weights(part), MASK, piece);
        dot.multiplyAdd(sum(part), value, PAIR, value, first && piece == 0);
      }
    }
  }
}
