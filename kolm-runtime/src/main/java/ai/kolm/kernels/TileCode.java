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
import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPDPWSSD;
import static ai.kolm.kernels.x86.VectorOp.VPMADDWD;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;

/**
 * Rows of quantized activations times a panel of 16 weight rows as integers ({@link UnpackCode}): a
 * tile of sums stays in registers for a block of 32 columns, is turned to floats, scaled and added
 * to the result, which stays in the first-level cache. See {@link EmittedProduct} for the sums.
 */
final class TileCode {
  static final int PANEL = 0;
  static final int SPANS = 1;

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

  /** 16 floats per row; added to. */
  static final int RESULT = 9;

  static final int RESULT_STRIDE = 10;

  private final int rows;
  private final Encoding encoding;
  private final boolean vnni;
  private final Assembler a = new Assembler();
  private final Vectors v;
  private final int parts;
  private final int weights;
  private final int pair;
  private final int temporary;

  /**
   * @param rows of a tile, 1 to {@link #maxRows}
   */
  TileCode(int rows, Encoding encoding, int width, boolean vnni) {
    this.rows = rows;
    this.encoding = encoding;
    this.vnni = vnni;
    this.v = new Vectors(a, width);
    this.parts = PackedMatrix.WORD_BYTES / width;
    this.weights = rows * parts;
    this.pair = weights + parts;
    this.temporary = pair + 1;
    if (temporary >= v.registers()) {
      throw new IllegalArgumentException(rows + " rows do not fit into the registers");
    }
  }

  /** The most rows of a tile: sums, weights, one pair of activations and a temporary. */
  static int maxRows(int width) {
    return width == 64 ? 12 : 6;
  }

  Assembler assemble() {
    a.endbr64();
    Assembler.Label tile = a.here();
    a.mov(RSI, Parameters.slot(PANEL));
    a.mov(RDX, Parameters.slot(SPANS));
    a.mov(RCX, Parameters.slot(ACTIVATIONS));
    a.mov(R8, Parameters.slot(SCALES));
    a.mov(R9, Parameters.slot(SUMS));
    a.mov(R11, Parameters.slot(BLOCKS));
    Assembler.Label block = a.here();
    block();
    a.arithmetic(Assembler.Arithmetic.ADD, RCX, Parameters.slot(ACTIVATION_STRIDE));
    a.arithmetic(Assembler.Arithmetic.ADD, R8, Parameters.slot(SCALE_STRIDE));
    a.arithmetic(Assembler.Arithmetic.ADD, R9, Parameters.slot(SCALE_STRIDE));
    a.add(RSI, UnpackCode.BLOCK_BYTES);
    a.sub(R11, 1);
    a.jump(Condition.NZ, block);
    moveOn(ACTIVATIONS, rows * PackedCode.PAIRS * Integer.BYTES);
    moveOn(SCALES, rows * Float.BYTES);
    moveOn(SUMS, rows * Float.BYTES);
    a.mov(Parameters.slot(RESULT), R10);
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

  private int sum(int row, int part) {
    return row * parts + part;
  }

  private void block() {
    int spans = Encoding.BLOCK / encoding.scales().span();
    for (int span = 0; span < spans; span++) {
      int first = span * PackedCode.PAIRS / spans;
      int end = first + PackedCode.PAIRS / spans;
      for (int p = first; p < end; p++) {
        products(p, p == first);
      }
      addTo(span == spans - 1);
      a.add(RDX, PackedCode.SPAN_BYTES);
    }
  }

  /** Adds the products of one pair of columns to the sums. */
  private void products(int p, boolean first) {
    for (int part = 0; part < parts; part++) {
      v.load(weights + part, RSI.at(p * PackedMatrix.WORD_BYTES + part * v.width()));
    }
    for (int row = 0; row < rows; row++) {
      v.broadcast(pair, RCX.at((row * PackedCode.PAIRS + p) * Integer.BYTES));
      for (int part = 0; part < parts; part++) {
        int sum = sum(row, part);
        if (vnni) {
          if (first) {
            v.zero(sum);
          }
          v.op(VPDPWSSD, sum, weights + part, pair);
        } else if (first) {
          v.op(VPMADDWD, sum, weights + part, pair);
        } else {
          v.op(VPMADDWD, temporary, weights + part, pair);
          v.op(VPADDD, sum, sum, temporary);
        }
      }
    }
  }

  /** Scales the sums of a span and adds them to the result; after the last, minima too. */
  private void addTo(boolean last) {
    int scale = weights;
    int result = weights + 1 == pair ? temporary : weights + 1;
    boolean minima = last && encoding.quants() != Encoding.Quants.SIGNED_BYTES;
    a.mov(R10, Parameters.slot(RESULT));
    for (int row = 0; row < rows; row++) {
      v.broadcast(pair, R8.at(row * Float.BYTES));
      for (int part = 0; part < parts; part++) {
        int sum = sum(row, part);
        v.op(VMULPS, scale, pair, RDX.at(part * v.width()));
        v.op(VCVTDQ2PS, sum, sum);
        v.load(result, R10.at(part * v.width()));
        v.op(VFMADD231PS, result, sum, scale);
        v.copy(sum, result);
      }
      if (minima) {
        v.broadcast(pair, R9.at(row * Float.BYTES));
      }
      for (int part = 0; part < parts; part++) {
        int sum = sum(row, part);
        if (minima) {
          v.op(VFMADD231PS, sum, pair, RDX.at(PackedCode.MINIMA + part * v.width()));
        }
        v.store(R10.at(part * v.width()), sum);
      }
      a.arithmetic(Assembler.Arithmetic.ADD, R10, Parameters.slot(RESULT_STRIDE));
    }
  }
}
