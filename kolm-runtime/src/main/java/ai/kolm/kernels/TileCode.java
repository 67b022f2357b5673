package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VCVTDQ2PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD213PS;
import static ai.kolm.kernels.x86.VectorOp.VFMADD231PS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;

/**
 * Rows of quantized activations times groups of weight rows, decoded in registers: prompts, and
 * steps of several streams. A tile of sums stays in registers for a block of 32 columns, is turned
 * to floats, scaled and added to the result.
 *
 * <p>Every tile of rows decodes the weights anew. That costs a tenth of the multiplications, and no
 * more than to load integers that were decoded to memory once, which would also have to be written:
 * with few rows, that takes longer than to multiply. After the first tile the packed weights are in
 * the caches nearest to the core, where decoded ones would need up to three times the room.
 *
 * <p>See {@link EmittedProduct} for the sums; they are those of {@link DotCode}, in its order.
 */
final class TileCode extends PackedCode {
  static final int WEIGHTS = 0;

  /** Groups, next to each other in memory and in the result, at least 1. */
  static final int GROUPS = 1;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 2;

  /** Tiles of {@link #rows} rows, at least 1; pointers below move on from tile to tile. */
  static final int TILES = 3;

  static final int ACTIVATIONS = 4;

  /** Bytes from a block of activations to the next. */
  static final int ACTIVATION_STRIDE = 5;

  static final int SCALES = 6;
  static final int SUMS = 7;

  /** Bytes from scales and sums of a block to those of the next. */
  static final int SCALE_STRIDE = 8;

  /** 16 floats per group and row; added to. */
  static final int RESULT = 9;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 10;

  /** Memory for the scales of a super-block: {@link #SPANS_BYTES}. */
  static final int SPANS = 11;

  /** The routine's own: where the result of a group is. */
  private static final int GROUP_RESULT = 12;

  private final int rows;

  // Registers: integer sums, weights, decoded pairs, an activation pair, a temporary, the mask.
  private final int weights;
  private final int values;
  private final int pair;
  private final int temporary;
  private final int mask;

  /**
   * @param rows of a tile, 1 to {@link #maxRows}
   * @param width of vectors in bytes
   * @param vnni whether to use the fused dot product of 16-bit integers
   */
  TileCode(int rows, Encoding encoding, int width, boolean vnni) {
    super(encoding, width, vnni);
    this.rows = rows;
    weights = rows * parts();
    values = weights + parts();
    pair = values + parts();
    temporary = pair + 1;
    mask = temporary + 1;
    if (mask >= v.registers()) {
      throw new IllegalArgumentException(rows + " rows do not fit into the registers");
    }
  }

  /** The most rows of a tile. */
  static int maxRows(int width) {
    return width == 64 ? 12 : 4;
  }

  Assembler assemble() {
    a.endbr64();
    Assembler.Label tile = a.here();
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R8, Parameters.slot(GROUPS));
    a.mov(RAX, Parameters.slot(RESULT));
    a.mov(Parameters.slot(GROUP_RESULT), RAX);
    Assembler.Label group = a.here();
    group();
    moveOn(GROUP_RESULT, PackedMatrix.WORD_BYTES);
    a.sub(R8, 1);
    a.jump(Condition.NZ, group);
    moveOn(ACTIVATIONS, rows * PAIRS * Integer.BYTES);
    moveOn(SCALES, rows * Float.BYTES);
    moveOn(SUMS, rows * Float.BYTES);
    a.mov(RAX, Parameters.slot(RESULT));
    for (int row = 0; row < rows; row++) {
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
    a.mov(Parameters.slot(RESULT), RAX);
    a.mov(RAX, Parameters.slot(TILES));
    a.sub(RAX, 1);
    a.mov(Parameters.slot(TILES), RAX);
    a.jump(Condition.NZ, tile);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void moveOn(int slot, int bytes) {
    a.mov(RAX, Parameters.slot(slot));
    a.add(RAX, bytes);
    a.mov(Parameters.slot(slot), RAX);
  }

  private void group() {
    a.mov(RDX, Parameters.slot(ACTIVATIONS));
    a.mov(R9, Parameters.slot(SCALES));
    a.mov(R10, Parameters.slot(SUMS));
    a.mov(R11, Parameters.slot(BLOCKS));
    superBlocks(SPANS, mask, () -> {}, this::block, () -> {});
  }

  private int sum(int row, int part) {
    return row * parts() + part;
  }

  private void block() {
    int wordsPerSpan = words() / spansPerBlock();
    for (int span = 0; span < spansPerBlock(); span++) {
      for (int word = span * wordsPerSpan; word < (span + 1) * wordsPerSpan; word++) {
        word(word, word % wordsPerSpan == 0);
      }
      addTo(span);
    }
    a.add(RSI, words() * PackedMatrix.WORD_BYTES);
    a.arithmetic(Arithmetic.ADD, RDX, Parameters.slot(ACTIVATION_STRIDE));
    a.arithmetic(Arithmetic.ADD, R9, Parameters.slot(SCALE_STRIDE));
    a.arithmetic(Arithmetic.ADD, R10, Parameters.slot(SCALE_STRIDE));
    a.add(R11, spansPerBlock() * SPAN_BYTES);
  }

  private void word(int word, boolean first) {
    prefetch(word);
    for (int part = 0; part < parts(); part++) {
      v.load(weights + part, RSI.at(word * PackedMatrix.WORD_BYTES + part * v.width()));
    }
    for (int piece = 0; piece < partsOfWord(); piece++) {
      int columns = 0;
      for (int part = 0; part < parts(); part++) {
        columns = pair(values + part, weights + part, mask, word, piece);
      }
      for (int row = 0; row < rows; row++) {
        v.broadcast(pair, RDX.at((row * PAIRS + columns) * Integer.BYTES));
        for (int part = 0; part < parts(); part++) {
          multiplyAdd(sum(row, part), values + part, pair, temporary, first && piece == 0);
        }
      }
    }
  }

  /** Scales the sums of a span and adds them to the result; after the last, minima too. */
  private void addTo(int span) {
    boolean minima = minima() && span == spansPerBlock() - 1;
    a.mov(RAX, Parameters.slot(GROUP_RESULT));
    for (int row = 0; row < rows; row++) {
      v.broadcast(pair, R9.at(row * Float.BYTES));
      if (minima) {
        v.broadcast(weights, R10.at(row * Float.BYTES));
      }
      for (int part = 0; part < parts(); part++) {
        int at = part * v.width();
        int sum = sum(row, part);
        v.op(VMULPS, temporary, pair, R11.at(span * SPAN_BYTES + at));
        v.op(VCVTDQ2PS, sum, sum);
        v.op(VFMADD213PS, sum, temporary, RAX.at(at));
        if (minima) {
          v.op(VFMADD231PS, sum, weights, R11.at(span * SPAN_BYTES + MINIMA + at));
        }
        v.store(RAX.at(at), sum);
      }
      a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(RESULT_STRIDE));
    }
  }
}
