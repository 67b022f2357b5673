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
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import java.util.function.BiConsumer;

/**
 * Rows of quantized activations times groups of weight rows, decoded in registers: prompts, and
 * steps of several streams. A tile of sums stays in registers for a block of 32 columns, is turned
 * to floats, scaled and added to the result.
 *
 * <p>All tiles meet a super-block of weights before the next is read: its scales are expanded once,
 * and it stays in the nearest cache. Every tile decodes the weights anew. That costs a tenth of the
 * multiplications, and no more than to load integers that were decoded to memory once, which would
 * also have to be written: with few rows, that takes longer than to multiply.
 *
 * <p>A tile is as wide as two vectors, so that a word of activations, once loaded, serves two
 * multiplications: a group of 16 weight rows in vectors of 256 bits, a panel of 32 in those of 512
 * bits. There either sums of floats stay in registers too, or a wide tile has two records of rows
 * and its sums of floats in memory: for the few rows of a step of several streams, which so wait
 * for each weight once, while they multiply the one before.
 *
 * <p>See {@link EmittedProduct} for the sums; they are those of {@link DotCode}, in its order.
 */
final class TileCode extends PackedCode {
  static final int WEIGHTS = 0;

  /** Bytes from the first group of a panel to the second. */
  static final int GROUP_BYTES = 1;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  /** Tiles of {@link #rows} rows, at least 1. */
  static final int TILES = 3;

  /** Records of {@link QuantizedRows}, of tiles of {@link TileOperands#recordRows}. */
  static final int ACTIVATIONS = 4;

  /** Bytes from a tile's records to those of the next. */
  static final int TILE_BYTES = 5;

  /** Receives 32 floats per row. */
  static final int RESULT = 6;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 7;

  /** Memory for the scales of a super-block of two groups: {@link #EXPANDED_BYTES}. */
  static final int SPANS = 8;

  /** Lines of the next super-block that a tile of bytes fetches, at least 1. */
  static final int FETCHED = 17;

  // The routine's own: the result of a group, records of a super-block and of a tile, quants of a
  // super-block, tiles left, blocks of a super-block, 0 in the first one, what is fetched next.
  private static final int GROUP_RESULT = 9;
  private static final int RECORDS = 10;
  private static final int TILE = 11;
  private static final int TILE_QUANTS = 12;
  private static final int TILES_LEFT = 13;
  private static final int SUPER_BLOCKS = 14;
  private static final int STARTED = 15;
  private static final int FOLLOWING = 16;

  /** Less than with one row: there is more to do with each line, and groups alternate. */
  private static final int AHEAD = 2048;

  private final int rows;
  private final Rounding rounding;
  private final IntegerDot dot;
  private final TileOperands place;

  /**
   * Whether tiles fetch a part of the next super-block each, as there are many; else they fetch
   * word by word what is to come. With 16-bit integers that takes no time that shows.
   */
  private final boolean fetchesFollowing;

  /** Whether sums of bytes begin with corrections: exact, and minima would take time. */
  private final boolean corrected;

  /**
   * @param rows of a tile, 1 to {@link TileOperands#widest}
   * @param width of vectors in bytes, 32 or 64
   * @param vnni whether to use fused dot products of integers
   * @throws IllegalArgumentException if bytes are asked for without those
   */
  TileCode(int rows, Encoding encoding, int width, boolean vnni, Rounding rounding) {
    super(encoding, width);
    if (rounding == Rounding.BYTES && !vnni) {
      throw new IllegalArgumentException("products of bytes need VNNI");
    }
    this.rows = rows;
    this.rounding = rounding;
    dot =
        rounding == Rounding.BYTES
            ? new QuadDot(v, this.encoding.quants())
            : new PairDot(v, this.encoding.quants(), vnni);
    corrected = rounding == Rounding.BYTES && (!minima() || this.encoding.bias() != 0);
    place = new TileOperands(rows, v, rounding, expandsQuants());
    fetchesFollowing = rounding == Rounding.BYTES && place.totals;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RAX, Parameters.slot(RESULT));
    a.mov(Parameters.slot(GROUP_RESULT), RAX);
    if (!place.totals) {
      clear();
    }
    a.mov(RSI, Parameters.slot(WEIGHTS));
    if (place.panel) {
      a.mov(R8, Parameters.slot(GROUP_BYTES));
      alongWeights();
    } else {
      a.mov(R8, 2);
      Assembler.Label group = a.here();
      alongWeights();
      a.mov(RAX, Parameters.slot(GROUP_RESULT));
      a.add(RAX, PackedMatrix.WORD_BYTES);
      a.mov(Parameters.slot(GROUP_RESULT), RAX);
      a.sub(R8, 1);
      a.jump(Condition.NZ, group);
    }
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** Sets the result to zeros. */
  private void clear() {
    a.mov(RCX, Parameters.slot(TILES));
    v.zero(0);
    Assembler.Label tile = a.here();
    for (int row = 0; row < rows; row++) {
      for (int at = 0; at < 2 * PackedMatrix.WORD_BYTES; at += v.width()) {
        v.store(RAX.at(at), 0);
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
    a.sub(RCX, 1);
    a.jump(Condition.NZ, tile);
  }

  /** A group or a panel at RSI, which moves past it, with all tiles. */
  private void alongWeights() {
    a.mov(RAX, Parameters.slot(ACTIVATIONS));
    a.mov(Parameters.slot(RECORDS), RAX);
    a.mov(RAX, 0);
    a.mov(Parameters.slot(STARTED), RAX);
    a.mov(R11, Parameters.slot(BLOCKS));
    superBlocks(SPANS, this::tiles);
  }

  /** All tiles times the RAX blocks of a super-block. */
  private void tiles() {
    a.mov(Parameters.slot(SUPER_BLOCKS), RAX);
    a.mov(R10, Parameters.slot(TILE_BYTES));
    constant(v, place.mask, dot.mask());
    a.mov(Parameters.slot(TILE_QUANTS), RSI);
    a.mov(R9, Parameters.slot(GROUP_RESULT));
    a.mov(RAX, Parameters.slot(TILES));
    a.mov(Parameters.slot(TILES_LEFT), RAX);
    if (fetchesFollowing) {
      beginFollowing();
    }
    a.mov(RDX, Parameters.slot(RECORDS));
    Assembler.Label tile = a.here();
    a.mov(Parameters.slot(TILE), RDX);
    if (fetchesFollowing) {
      fetchFollowing();
    } else {
      beginFetching();
    }
    a.mov(RSI, Parameters.slot(TILE_QUANTS));
    if (place.totals) {
      beginTotals();
    }
    a.mov(RCX, Parameters.slot(SUPER_BLOCKS));
    a.mov(R11, Parameters.slot(SPANS));
    Assembler.Label block = a.here();
    block();
    a.sub(RCX, 1);
    a.jump(Condition.NZ, block);
    if (place.totals) {
      eachTotal((total, at) -> v.store(at, total));
    }
    for (int row = 0; row < rows; row++) {
      a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(RESULT_STRIDE));
    }
    a.mov(RDX, Parameters.slot(TILE));
    for (int record = 0; record < rows; record += place.recordRows) {
      a.arithmetic(Arithmetic.ADD, RDX, Parameters.slot(TILE_BYTES));
    }
    a.mov(RAX, Parameters.slot(TILES_LEFT));
    a.sub(RAX, 1);
    a.mov(Parameters.slot(TILES_LEFT), RAX);
    a.jump(Condition.NZ, tile);
    a.mov(RAX, Parameters.slot(RECORDS));
    int blocks = Encoding.SUPER_BLOCK / Encoding.BLOCK;
    a.add(RAX, blocks * QuantizedRows.recordBytes(rounding, place.recordRows));
    a.mov(Parameters.slot(RECORDS), RAX);
    a.mov(Parameters.slot(STARTED), RAX);
  }

  /**
   * What follows the super-block, whose quants are at RSI, is fetched from its beginning on. Uses
   * RAX.
   */
  private void beginFollowing() {
    if (expandsQuants()) {
      a.mov(RAX, Parameters.slot(AFTER));
    } else {
      a.mov(RAX, RSI);
      a.add(RAX, (int) encoding.quants().groupBytes(Encoding.SUPER_BLOCK));
    }
    a.mov(Parameters.slot(FOLLOWING), RAX);
  }

  /**
   * Fetches a tile's part of the next super-block of both groups: the first tile would wait for all
   * of it. Uses RAX and RCX.
   */
  private void fetchFollowing() {
    a.mov(RAX, Parameters.slot(FOLLOWING));
    a.mov(RCX, Parameters.slot(FETCHED));
    Assembler.Label line = a.here();
    a.prefetch(RAX.at(0));
    a.prefetch(RAX.at(R8, 1, 0));
    a.add(RAX, PackedMatrix.WORD_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NZ, line);
    a.mov(Parameters.slot(FOLLOWING), RAX);
  }

  /** Sums are zero before the first super-block, then what the result has. */
  private void beginTotals() {
    int count = rows * TileOperands.PARTS;
    TileSums.begin(a, v, STARTED, place.total(0, 0), count, () -> eachTotal(v::load));
  }

  /** The sums of floats in registers, and where the result has them. Uses RAX. */
  private void eachTotal(BiConsumer<Integer, Address> action) {
    a.mov(RAX, R9);
    for (int row = 0; row < rows; row++) {
      for (int part = 0; part < TileOperands.PARTS; part++) {
        action.accept(place.total(row, part), RAX.at(part * PackedMatrix.WORD_BYTES));
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
  }

  @Override
  void expand(int spans) {
    if (place.panel) {
      a.mov(Parameters.slot(TILE_QUANTS), RSI);
      a.add(RSI, R8);
      expand(spans, 1);
      a.mov(RSI, Parameters.slot(TILE_QUANTS));
    }
    super.expand(spans);
  }

  private void block() {
    if (!fetchesFollowing) {
      fetchStored(place.panel ? GROUP_BYTES : ALONE);
    }
    int wordsPerSpan = words() / spansPerBlock();
    for (int span = 0; span < spansPerBlock(); span++) {
      if (corrected) {
        begin(span);
      }
      for (int word = span * wordsPerSpan; word < (span + 1) * wordsPerSpan; word++) {
        word(word, !corrected && word % wordsPerSpan == 0);
      }
      if (place.totals) {
        addToTotals(span);
      } else {
        addToResults(span);
      }
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.add(RDX, QuantizedRows.recordBytes(rounding, place.recordRows));
    a.add(R11, spansPerBlock() * SPAN_BYTES);
  }

  private void begin(int span) {
    int correction = minima() ? QuantizeCode.NIBBLES : QuantizeCode.spans(encoding) + span;
    int at = QuantizedRows.corrections(place.recordRows) + correction * QuantizedRows.LANES_BYTES;
    for (int row = 0; row < rows; row++) {
      v.broadcast(place.sum(row, 0), place.record(row, at, Integer.BYTES));
      v.copy(place.sum(row, 1), place.sum(row, 0));
    }
  }

  private void word(int word, boolean first) {
    if (!fetchesFollowing) {
      prefetch(word, AHEAD);
    }
    for (int part = 0; part < TileOperands.PARTS; part++) {
      v.load(place.weights + part, place.weights(word, part));
    }
    for (int piece = 0; piece < dot.pieces(); piece++) {
      int at = dot.activation(word, piece) * Integer.BYTES;
      int decoded = place.values;
      for (int part = 0; part < TileOperands.PARTS; part++) {
        decoded = dot.value(place.values + part, place.weights + part, place.mask, piece) - part;
      }
      for (int row = 0; row < rows; row++) {
        v.broadcast(place.activation, place.record(row, at, rounding.blockBytes()));
        for (int part = 0; part < TileOperands.PARTS; part++) {
          boolean starts = first && piece == 0;
          dot.multiplyAdd(
              place.sum(row, part), decoded + part, place.activation, place.temporary, starts);
        }
      }
    }
  }

  private boolean addsMinima(int span) {
    return minima() && !corrected && span == spansPerBlock() - 1;
  }

  /** Scales the sums of a span and adds them to those in registers; after the last, minima too. */
  private void addToTotals(int span) {
    for (int part = 0; part < TileOperands.PARTS; part++) {
      v.load(place.weights + part, place.scale(span, part));
      if (addsMinima(span)) {
        v.load(place.values + part, place.scale(span, part).plus(MINIMA));
      }
    }
    for (int row = 0; row < rows; row++) {
      v.broadcast(place.activation, place.activationScale(row));
      for (int part = 0; part < TileOperands.PARTS; part++) {
        v.op(VMULPS, place.temporary, place.activation, place.weights + part);
        v.op(VCVTDQ2PS, place.sum(row, part), place.sum(row, part));
        v.op(VFMADD231PS, place.total(row, part), place.sum(row, part), place.temporary);
      }
      if (addsMinima(span)) {
        v.broadcast(place.activation, place.activationSum(row));
        for (int part = 0; part < TileOperands.PARTS; part++) {
          v.op(VFMADD231PS, place.total(row, part), place.values + part, place.activation);
        }
      }
    }
  }

  /** The same, with the sums in memory. */
  private void addToResults(int span) {
    a.mov(RAX, R9);
    for (int row = 0; row < rows; row++) {
      v.broadcast(place.activation, place.activationScale(row));
      if (addsMinima(span)) {
        v.broadcast(place.weights, place.activationSum(row));
      }
      for (int part = 0; part < TileOperands.PARTS; part++) {
        Address at = RAX.at(part * v.width());
        int sum = place.sum(row, part);
        v.op(VMULPS, place.temporary, place.activation, place.scale(span, part));
        v.op(VCVTDQ2PS, sum, sum);
        v.op(VFMADD213PS, sum, place.temporary, at);
        if (addsMinima(span)) {
          v.op(VFMADD231PS, sum, place.weights, place.scale(span, part).plus(MINIMA));
        }
        v.store(at, sum);
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
  }
}
