package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Vectors;

/**
 * Where {@link TileCode} has its operands: which registers they are in, and where in memory, with
 * weights at RSI, expanded scales at R11, and a block's record at RDX. R8 has the bytes from the
 * first group of a panel to the second, R10 those from a tile's records to the next.
 */
final class TileOperands {
  /** Vectors of a tile. */
  static final int PARTS = 2;

  /** Rows of a record. */
  final int recordRows;

  /** Whether a tile is a panel of weight rows wide. */
  final boolean panel;

  /** Whether sums of floats are in registers, too. */
  final boolean totals;

  // Registers: after the sums weights, what is decoded of them, a word of activations, a temporary,
  // the mask.
  final int weights;
  final int values;
  final int activation;
  final int temporary;
  final int mask;

  private final int rows;
  private final int width;
  private final Rounding rounding;
  private final boolean expanded;

  /**
   * @param rows of a tile
   * @param expanded whether quants are expanded behind the scales
   * @throws IllegalArgumentException if there are too few registers
   */
  TileOperands(int rows, Vectors v, Rounding rounding, boolean expanded) {
    this.rows = rows;
    this.width = v.width();
    this.rounding = rounding;
    this.expanded = expanded;
    recordRows = recordRows(width);
    panel = width == PackedMatrix.WORD_BYTES;
    totals = panel && rows <= recordRows;
    weights = rows * PARTS * (totals ? 2 : 1);
    values = weights + PARTS;
    activation = values + PARTS;
    temporary = activation + 1;
    mask = temporary + 1;
    if (mask >= v.registers()) {
      throw new IllegalArgumentException(rows + " rows do not fit into the registers");
    }
  }

  /** The rows of a record. */
  static int recordRows(int width) {
    return width == 64 ? 6 : 4;
  }

  /** The most rows of a tile: those of two records where there are registers enough. */
  static int widest(int width) {
    return width == 64 ? 2 * recordRows(width) : recordRows(width);
  }

  /** The sum of integers. */
  int sum(int row, int part) {
    return row * PARTS + part;
  }

  /** The sum of floats of a panel. */
  int total(int row, int part) {
    return rows * PARTS + sum(row, part);
  }

  /** Where the weights of a part are. */
  Address weights(int word, int part) {
    int at = word * PackedMatrix.WORD_BYTES;
    if (!panel || part == 0) {
      return RSI.at(at + (panel ? 0 : part * width));
    }
    return expanded ? RSI.at(at + PackedCode.QUANTS_BYTES) : RSI.at(R8, 1, at);
  }

  /** Where the scales of a part are. */
  Address scale(int span, int part) {
    int group = panel ? PackedCode.SPANS_BYTES : width;
    return R11.at(span * PackedCode.SPAN_BYTES + part * group);
  }

  /** What a record has of a row: at {@code offset} of its first row, and as far from row to row. */
  Address record(int row, int offset, int stride) {
    return row < recordRows
        ? RDX.at(offset + row * stride)
        : RDX.at(R10, 1, offset + (row - recordRows) * stride);
  }

  Address activationScale(int row) {
    return record(row, QuantizedRows.scales(rounding, recordRows), Float.BYTES);
  }

  Address activationSum(int row) {
    return record(row, QuantizedRows.sums(rounding, recordRows), Float.BYTES);
  }
}
