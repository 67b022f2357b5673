package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPH2PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPDPWSSD;
import static ai.kolm.kernels.x86.VectorOp.VPERMQ;
import static ai.kolm.kernels.x86.VectorOp.VPMADDWD;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSLLW;
import static ai.kolm.kernels.x86.VectorOp.VPSRAD;
import static ai.kolm.kernels.x86.VectorOp.VPSRAW;
import static ai.kolm.kernels.x86.VectorOp.VPSRLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLW;
import static ai.kolm.kernels.x86.VectorOp.VSHUFPS;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Vectors;

/**
 * What routines that read a {@link PackedMatrix} share: the scales of a super-block as floats, and
 * quants as pairs of 16-bit integers.
 *
 * <p>A 32-bit word holds four columns of one row. Taking its even and its odd bytes (or the nibbles
 * of those) gives pairs of columns, two apart, that a multiply-add of 16-bit integers takes:
 *
 * <pre>{@code
 * pair 2i    columns 4i, 4i + 2          i = 0 to 7
 * pair 2i+1  columns 4i + 1, 4i + 3
 * }</pre>
 *
 * <p>{@link QuantizeCode} writes activations in the same order.
 */
abstract class PackedCode {
  /** Pairs of columns in a block. */
  static final int PAIRS = Encoding.BLOCK / 2;

  /** Bytes of the scales of one span: 16 scales, 16 minima. */
  static final int SPAN_BYTES = 2 * PackedMatrix.WORD_BYTES;

  static final int MINIMA = PackedMatrix.WORD_BYTES;

  /** Memory for the spans of a super-block. */
  static final int SPANS_BYTES = 16 * SPAN_BYTES;

  /** A slot of the routine's own: blocks of a row after this super-block. */
  private static final int BLOCKS_LEFT = Parameters.SCRATCH - 1;

  /** How far ahead to fetch: what is in flight at full bandwidth. */
  private static final int PREFETCH = 2048;

  private static final int NIBBLE_MASK = 0x000F000F;
  private static final int BYTE_MASK = 0x00FF00FF;

  // Registers of scale expansion; the products are not live then.
  private static final int S0 = 0;
  private static final int S1 = 1;
  private static final int S2 = 2;
  private static final int S3 = 3;

  final Encoding encoding;
  final Assembler a = new Assembler();
  final Vectors v;

  /** Scales are expanded with 256-bit vectors whatever the products use. */
  private final Vectors narrow = new Vectors(a, 32);

  private final boolean vnni;

  /**
   * @param width of vectors in bytes
   * @param vnni whether to use the fused dot product of 16-bit integers
   */
  PackedCode(Encoding encoding, int width, boolean vnni) {
    this.encoding = encoding;
    this.vnni = vnni;
    this.v = new Vectors(a, width);
  }

  /** Vectors for the 16 rows of a group. */
  final int parts() {
    return PackedMatrix.WORD_BYTES / v.width();
  }

  /** Spans per block of 32 columns. */
  final int spansPerBlock() {
    return Encoding.BLOCK / encoding.scales().span();
  }

  /** Whether weights have minima. */
  final boolean minima() {
    return encoding.quants() != Encoding.Quants.SIGNED_BYTES;
  }

  /** Words of a block per row. */
  final int words() {
    return encoding.quants() == Encoding.Quants.NIBBLES ? 4 : 8;
  }

  /** All lanes of {@code dst} = bits. Uses RAX. */
  final void constant(Vectors vectors, int dst, int bits) {
    a.mov(RAX, bits);
    a.store(Parameters.slot(Parameters.SCRATCH), RAX);
    vectors.broadcast(dst, Parameters.slot(Parameters.SCRATCH));
  }

  /** The mask that {@link #pair} needs. */
  final void mask(int dst) {
    constant(v, dst, encoding.quants() == Encoding.Quants.NIBBLES ? NIBBLE_MASK : BYTE_MASK);
  }

  /**
   * The pair number and 16-bit integers that are part {@code part} of word {@code word}.
   *
   * @param part 0 or 1 for bytes; 0 to 3 for nibbles
   * @return the number of the pair
   */
  final int pair(int dst, int source, int mask, int word, int part) {
    switch (encoding.quants()) {
      case NIBBLES -> {
        if (part == 0) {
          v.op(VPAND, dst, source, mask);
        } else {
          v.immediate(VPSRLW, dst, source, 4 * part);
          if (part < 3) {
            v.op(VPAND, dst, dst, mask);
          }
        }
        // Nibbles from low to high: even bytes low, even high, odd low, odd high.
        return 2 * (word + (part % 2) * 4) + part / 2;
      }
      case BYTES -> {
        if (part == 0) {
          v.op(VPAND, dst, source, mask);
        } else {
          v.immediate(VPSRLW, dst, source, 8);
        }
      }
      case SIGNED_BYTES -> {
        if (part == 0) {
          v.immediate(VPSLLW, dst, source, 8);
          v.immediate(VPSRAW, dst, dst, 8);
        } else {
          v.immediate(VPSRAW, dst, source, 8);
        }
      }
      default -> throw new IllegalStateException(encoding + " has no integers");
    }
    return 2 * word + part;
  }

  /** sum += value * pair, of 16-bit integers; = where {@code first}. Overwrites temporary. */
  final void multiplyAdd(int sum, int value, int pair, int temporary, boolean first) {
    if (vnni) {
      if (first) {
        v.zero(sum);
      }
      v.op(VPDPWSSD, sum, value, pair);
    } else if (first) {
      v.op(VPMADDWD, sum, value, pair);
    } else {
      v.op(VPMADDWD, temporary, value, pair);
      v.op(VPADDD, sum, sum, temporary);
    }
  }

  /**
   * Goes along R11 blocks of a group at RSI, super-block by super-block. R11 is at the spans of a
   * block when {@code block} begins, which moves it and all other pointers on but RCX.
   *
   * @param spans the slot with {@link #SPANS_BYTES} of memory
   * @param mask receives {@link #mask}
   * @param before done when the scales of a super-block are expanded, which uses registers 0 to 3
   * @param after done when its blocks are; not with RSI, RDX, R8 to R10
   */
  final void superBlocks(int spans, int mask, Runnable before, Runnable block, Runnable after) {
    Assembler.Label superBlock = a.here();
    Assembler.Label whole = a.label();
    a.mov(RAX, Encoding.SUPER_BLOCK / Encoding.BLOCK);
    a.arithmetic(Assembler.Arithmetic.CMP, R11, RAX);
    a.jump(Condition.GE, whole);
    a.mov(RAX, R11);
    a.bind(whole);
    a.arithmetic(Assembler.Arithmetic.SUB, R11, RAX);
    a.mov(Parameters.slot(BLOCKS_LEFT), R11);
    a.mov(R11, Parameters.slot(spans));
    scales(R11);
    before.run();
    a.mov(RCX, RAX);
    a.mov(R11, Parameters.slot(spans));
    mask(mask);
    Assembler.Label next = a.here();
    block.run();
    a.sub(RCX, 1);
    a.jump(Condition.NZ, next);
    after.run();
    a.mov(R11, Parameters.slot(BLOCKS_LEFT));
    a.arithmetic(Assembler.Arithmetic.CMP, R11, 0);
    a.jump(Condition.NZ, superBlock);
  }

  /** Parts of a word. */
  final int partsOfWord() {
    return encoding.quants() == Encoding.Quants.NIBBLES ? 4 : 2;
  }

  /** Fetches the line of word {@code word} of a block that comes later. */
  final void prefetch(int word) {
    a.prefetch(RSI.at(PREFETCH + word * PackedMatrix.WORD_BYTES));
  }

  /**
   * Expands the scales of a super-block of RAX blocks at RSI, and moves RSI to its quants.
   *
   * @param target receives spans; changed where the number of spans varies; not RAX, RCX
   */
  final void scales(Register target) {
    switch (encoding.scales()) {
      case SCALE -> perBlockScales(target, 2);
      case SCALE_AND_MINIMUM -> perBlockScales(target, 1);
      case SUPER_BLOCK -> {
        superBlock(target);
        a.add(RSI, 5 * PackedMatrix.WORD_BYTES);
      }
      case SUPER_BLOCK_16 -> {
        superBlock16(target);
        a.add(RSI, 5 * PackedMatrix.WORD_BYTES);
      }
      case NONE -> throw new IllegalStateException(encoding + " has no scales");
    }
  }

  /** A word per one or two blocks. */
  private void perBlockScales(Register target, int blocks) {
    int bias = S3;
    if (encoding.bias() != 0) {
      a.mov(RCX, Float.floatToRawIntBits(-encoding.bias()));
      a.store(Parameters.slot(Parameters.SCRATCH), RCX);
      narrow.broadcast(bias, Parameters.slot(Parameters.SCRATCH));
    }
    a.mov(RCX, RAX);
    Assembler.Label loop = a.here();
    for (int row = 0; row < Encoding.GROUP; row += 8) {
      int at = row * Float.BYTES;
      halves(RSI.at(at), S0, S1, S2);
      narrow.store(target.at(at), S0);
      if (blocks == 1) {
        narrow.store(target.at(MINIMA + at), S1);
        continue;
      }
      narrow.store(target.at(SPAN_BYTES + at), S1);
      if (encoding.bias() != 0) {
        narrow.op(VMULPS, S0, S0, bias);
        narrow.op(VMULPS, S1, S1, bias);
        narrow.store(target.at(MINIMA + at), S0);
        narrow.store(target.at(SPAN_BYTES + MINIMA + at), S1);
      }
    }
    a.add(RSI, PackedMatrix.WORD_BYTES);
    a.add(target, blocks * SPAN_BYTES);
    a.sub(RCX, blocks);
    // With two blocks per word an odd number ends at -1.
    Assembler.Label end = a.label();
    a.jump(Condition.Z, end);
    a.arithmetic(Assembler.Arithmetic.CMP, RCX, 0);
    a.jump(Condition.GE, loop);
    a.bind(end);
  }

  private void superBlock(Register target) {
    for (int row = 0; row < Encoding.GROUP; row += 8) {
      int at = row * Float.BYTES;
      halves(RSI.at(at), S0, S1, S2);
      narrow.zero(S2);
      narrow.op(VSUBPS, S1, S2, S1);
      for (int b = 0; b < 8; b++) {
        int word = b / 4 * PackedMatrix.WORD_BYTES;
        factor(RSI.at(PackedMatrix.WORD_BYTES + word + at), b % 4, false);
        narrow.op(VMULPS, S2, S2, S0);
        narrow.store(target.at(b * SPAN_BYTES + at), S2);
        factor(RSI.at(3 * PackedMatrix.WORD_BYTES + word + at), b % 4, false);
        narrow.op(VMULPS, S2, S2, S1);
        narrow.store(target.at(b * SPAN_BYTES + MINIMA + at), S2);
      }
    }
  }

  private void superBlock16(Register target) {
    for (int row = 0; row < Encoding.GROUP; row += 8) {
      int at = row * Float.BYTES;
      halves(RSI.at(at), S0, S1, S2);
      for (int h = 0; h < 16; h++) {
        factor(RSI.at((1 + h / 4) * PackedMatrix.WORD_BYTES + at), h % 4, true);
        narrow.op(VMULPS, S2, S2, S0);
        narrow.store(target.at(h * SPAN_BYTES + at), S2);
      }
    }
  }

  /** S2 = byte {@code index} of each word as float. */
  private void factor(Address words, int index, boolean signed) {
    narrow.load(S2, words);
    if (index < 3) {
      narrow.immediate(VPSLLD, S2, S2, 24 - 8 * index);
    }
    narrow.immediate(signed ? VPSRAD : VPSRLD, S2, S2, 24);
    narrow.op(VCVTDQ2PS, S2, S2);
  }

  /** Eight words of two half-precision numbers to eight floats from the lower and the upper. */
  final void halves(Address words, int lower, int upper, int temporary) {
    narrow.op(VCVTPH2PS, lower, words);
    narrow.op(VCVTPH2PS, temporary, words.plus(16));
    // Shuffles work within 128 bits, so rows come as 0 1 4 5 2 3 6 7.
    narrow.op(VSHUFPS, upper, lower, temporary, 0xDD);
    narrow.op(VSHUFPS, lower, lower, temporary, 0x88);
    narrow.immediate(VPERMQ, upper, upper, 0xD8);
    narrow.immediate(VPERMQ, lower, lower, 0xD8);
  }
}
