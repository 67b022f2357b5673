package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;

/**
 * Rows of a matrix of floats on their way to integers: of each span of columns the scale is the
 * largest magnitude / {@code most}, and weights are integers of at most that magnitude, rounded to
 * nearest. One row after the other, for one thread.
 */
final class RoundedRow {
  private final Tensor tensor;
  private final int span;
  private final int most;
  private final float[] values;
  private int index;

  RoundedRow(Tensor tensor, int span, int most) {
    this.tensor = tensor;
    this.span = span;
    this.most = most;
    this.values = new float[(int) tensor.shape().columns()];
  }

  /** Whether a matrix is one of floats, and its rows are whole spans. */
  static boolean canRound(Tensor tensor, int span) {
    return switch (tensor.type()) {
      case F32, F16, BF16 -> tensor.shape().columns() % span == 0;
      default -> false;
    };
  }

  int columns() {
    return values.length;
  }

  /** Goes to row {@code row}. */
  void read(int row) {
    index = row;
    ScalarKernels.decodeRow(tensor, row, values);
  }

  /**
   * The scale of the span that begins at {@code column}.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  float scale(int column) {
    float largest = 0;
    for (int c = column; c < column + span; c++) {
      if (!Float.isFinite(values[c])) {
        throw new IllegalArgumentException(
            "tensor %s, row %d: a weight is not finite".formatted(tensor.name(), index));
      }
      largest = Math.max(largest, Math.abs(values[c]));
    }
    return largest / most;
  }

  /** The weight of {@code column} in units of the scale of its span. */
  int quant(int column, float scale) {
    // Where a span is so small that its scale is not normal, the quotient may be too large.
    int rounded = scale == 0 ? 0 : Math.round(values[column] / scale);
    return Math.clamp(rounded, -most, most);
  }
}
