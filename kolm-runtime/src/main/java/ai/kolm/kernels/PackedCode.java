package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VCVTPH2PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPERMQ;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;
import static ai.kolm.kernels.x86.VectorOp.VPSRAD;
import static ai.kolm.kernels.x86.VectorOp.VPSRLD;
import static ai.kolm.kernels.x86.VectorOp.VSHUFPS;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Vectors;

/**
 * What routines that read a {@link PackedMatrix} share: the scales of a super-block as floats, and
 * the way along its blocks. {@link IntegerDot} reads the quants.
 */
abstract class PackedCode {
  /** Bytes of the scales of one span: 16 scales, 16 minima. */
  static final int SPAN_BYTES = 2 * PackedMatrix.WORD_BYTES;

  static final int MINIMA = PackedMatrix.WORD_BYTES;

  /** Memory for the spans of a super-block. */
  static final int SPANS_BYTES = 16 * SPAN_BYTES;

  /**
   * Where the memory for a super-block has its expanded quants, of one group, then of the other.
   */
  static final int QUANTS = 2 * SPANS_BYTES;

  static final int QUANTS_BYTES = Encoding.SUPER_BLOCK * Encoding.GROUP;

  /** Memory for what is expanded of a super-block of two groups. */
  static final int EXPANDED_BYTES = QUANTS + 2 * QUANTS_BYTES;

  /** From the end of a super-block that was expanded to what is fetched while it is multiplied. */
  private static final int AHEAD = 2048;

  static final int ALONE = -1;

  // Slots of the routine's own: blocks of a row after this super-block, those of this one, what
  // follows its quants, what is fetched next.
  private static final int BLOCKS_LEFT = Parameters.SCRATCH - 1;
  private static final int COUNT = Parameters.SCRATCH - 2;
  static final int AFTER = Parameters.SCRATCH - 3;
  private static final int NEXT = Parameters.SCRATCH - 4;

  // Registers of scale expansion; the products are not live then.
  private static final int S0 = 0;
  private static final int S1 = 1;
  private static final int S2 = 2;
  private static final int S3 = 3;

  /** What weights are in memory. */
  private final Encoding stored;

  /** What is multiplied. */
  final Encoding encoding;

  final Assembler a = new Assembler();
  final Vectors v;

  /** Scales are expanded with 256-bit vectors whatever the products use. */
  private final Vectors narrow = new Vectors(a, 32);

  /**
   * @param encoding of the matrix; compact ones are expanded super-block by super-block
   * @param width of vectors in bytes
   */
  PackedCode(Encoding encoding, int width) {
    this.stored = encoding;
    this.encoding = encoding.expanded();
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
    return switch (encoding.quants()) {
      case SIGNED_BYTES, WORDS -> false;
      default -> true;
    };
  }

  /** Words of a block per row. */
  final int words() {
    return Encoding.BLOCK * encoding.quants().bits() / Integer.SIZE;
  }

  /** All lanes of {@code dst} = bits. Uses RAX. */
  final void constant(Vectors vectors, int dst, int bits) {
    a.mov(RAX, bits);
    a.store(Parameters.slot(Parameters.SCRATCH), RAX);
    vectors.broadcast(dst, Parameters.slot(Parameters.SCRATCH));
  }

  /**
   * Goes along R11 blocks of a group at RSI, super-block by super-block.
   *
   * @param spans the slot with memory for expanded scales
   * @param blocks goes along RAX blocks with quants at RSI, and moves RSI past them; scales are
   *     expanded, which uses registers 0 to 3
   */
  final void superBlocks(int spans, Runnable blocks) {
    Assembler.Label superBlock = a.here();
    Assembler.Label whole = a.label();
    a.mov(RAX, Encoding.SUPER_BLOCK / Encoding.BLOCK);
    a.arithmetic(Assembler.Arithmetic.CMP, R11, RAX);
    a.jump(Condition.GE, whole);
    a.mov(RAX, R11);
    a.bind(whole);
    a.arithmetic(Assembler.Arithmetic.SUB, R11, RAX);
    a.mov(Parameters.slot(BLOCKS_LEFT), R11);
    expand(spans);
    blocks.run();
    if (stored.isCompact()) {
      a.mov(RSI, Parameters.slot(AFTER));
    }
    a.mov(R11, Parameters.slot(BLOCKS_LEFT));
    a.arithmetic(Assembler.Arithmetic.CMP, R11, 0);
    a.jump(Condition.NZ, superBlock);
  }

  /** Expands the scales of a super-block of RAX blocks at RSI, and moves RSI to its quants. */
  void expand(int spans) {
    expand(spans, 0);
    if (stored.isCompact()) {
      a.mov(Parameters.slot(AFTER), RSI);
      a.mov(RSI, Parameters.slot(spans));
      a.add(RSI, QUANTS);
    }
  }

  /** Begins to fetch what follows a super-block whose quants are expanded. Uses RAX. */
  final void beginFetching() {
    if (stored.isCompact()) {
      a.mov(RAX, Parameters.slot(AFTER));
      a.mov(Parameters.slot(NEXT), RAX);
    }
  }

  /**
   * Fetches as much as a block has, while one is multiplied: else memory would wait until the next
   * quants are expanded. Uses RAX.
   *
   * @param groupBytes the slot with the bytes from a group to the one that is read with it; else
   *     {@link #ALONE}
   */
  final void fetchStored(int groupBytes) {
    if (!stored.isCompact()) {
      return;
    }
    int bytes = fetchedBytes();
    a.mov(RAX, Parameters.slot(NEXT));
    fetch(bytes);
    a.add(RAX, bytes);
    a.mov(Parameters.slot(NEXT), RAX);
    if (groupBytes != ALONE) {
      a.arithmetic(Assembler.Arithmetic.ADD, RAX, Parameters.slot(groupBytes));
      fetch(bytes);
    }
  }

  /** The lines of a block, and its part of the scales. */
  private int fetchedBytes() {
    long all = PackedMatrix.superBlockBytes(stored, Encoding.SUPER_BLOCK);
    int blocks = Encoding.SUPER_BLOCK / Encoding.BLOCK;
    long lines = Math.ceilDiv(all, (long) blocks * PackedMatrix.WORD_BYTES);
    return Math.toIntExact(lines * PackedMatrix.WORD_BYTES);
  }

  private void fetch(int bytes) {
    for (int at = 0; at < bytes; at += PackedMatrix.WORD_BYTES) {
      a.prefetch(RAX.at(AHEAD + at));
    }
  }

  /** The same of one of two groups, except that RSI moves past quants that are expanded. */
  final void expand(int spans, int group) {
    a.mov(R11, Parameters.slot(spans));
    if (group > 0) {
      a.add(R11, group * SPANS_BYTES);
    }
    scales(R11);
    quants(spans, group);
  }

  /** Whether quants are expanded to bytes before they are multiplied. */
  final boolean expandsQuants() {
    return stored.isCompact();
  }

  /**
   * Expands the quants of RAX blocks at RSI and moves RSI past them, where they are compact.
   *
   * @param group which of two the memory is for
   */
  private void quants(int spans, int group) {
    if (!stored.isCompact()) {
      return;
    }
    a.mov(Parameters.slot(COUNT), RAX);
    BitPlanes planes = new BitPlanes(v, stored.quants(), !minima());
    planes.constants(this::constant);
    a.mov(R11, Parameters.slot(spans));
    a.add(R11, QUANTS + group * QUANTS_BYTES);
    a.mov(RCX, Parameters.slot(COUNT));
    Assembler.Label block = a.here();
    int bytes = planes.words() * PackedMatrix.WORD_BYTES;
    for (int part = 0; part < parts(); part++) {
      planes.expand(RSI.at(part * v.width()), R11.at(part * v.width()));
    }
    a.add(RSI, bytes);
    a.add(R11, Encoding.BLOCK * Encoding.GROUP);
    a.sub(RCX, 1);
    a.jump(Condition.NZ, block);
    a.mov(RAX, Parameters.slot(COUNT));
  }

  /**
   * Fetches the line of word {@code word} of a block that comes later; of quants that are expanded
   * {@link #fetchStored} does that.
   *
   * @param ahead bytes: at least what is in flight at full bandwidth
   */
  final void prefetch(int word, int ahead) {
    if (!stored.isCompact()) {
      a.prefetch(RSI.at(ahead + word * PackedMatrix.WORD_BYTES));
    }
  }

  /**
   * Expands the scales of a super-block of RAX blocks at RSI, and moves RSI to its quants.
   *
   * @param target receives spans; changed where the number of spans varies; not RAX, RCX
   */
  final void scales(Register target) {
    switch (encoding.scales()) {
      case SINGLE -> copyScales(target);
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

  /** A float per block. */
  private void copyScales(Register target) {
    a.mov(RCX, RAX);
    Assembler.Label loop = a.here();
    for (int at = 0; at < PackedMatrix.WORD_BYTES; at += narrow.width()) {
      narrow.load(S0, RSI.at(at));
      narrow.store(target.at(at), S0);
    }
    a.add(RSI, PackedMatrix.WORD_BYTES);
    a.add(target, SPAN_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NZ, loop);
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
    shuffledHalves(words, lower, upper, temporary);
    unshuffle(upper);
    unshuffle(lower);
  }

  /** As {@link #halves}, but shuffles work within 128 bits: rows come as 0 1 4 5 2 3 6 7. */
  final void shuffledHalves(Address words, int lower, int upper, int temporary) {
    narrow.op(VCVTPH2PS, lower, words);
    narrow.op(VCVTPH2PS, temporary, words.plus(16));
    narrow.op(VSHUFPS, upper, lower, temporary, 0xDD);
    narrow.op(VSHUFPS, lower, lower, temporary, 0x88);
  }

  /** Brings rows that {@link #shuffledHalves} has mixed into their order. */
  final void unshuffle(int register) {
    narrow.immediate(VPERMQ, register, register, 0xD8);
  }
}
