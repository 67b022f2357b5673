package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** Transposes panel-major matrices, 32 by 32 elements at a time. */
final class Transpose {
  private static final int W = Panels.WIDTH;
  private static final long ROW = (long) W * Float.BYTES;

  private Transpose() {}

  /** {@code to} = {@code from} transposed; {@code from} has as many rows as {@code to} columns. */
  static void turn(Panels from, Panels to) {
    float[] block = new float[W * W];
    for (int row = 0; row < from.rows(); row += W) {
      turnRows(from, to, row, block);
    }
  }

  /** The 32 rows from {@code row} on, which become a panel of {@code to}. */
  static void turnRows(Panels from, Panels to, int row, float[] block) {
    int rows = Math.min(W, from.rows() - row);
    for (int c = 0; c < from.width(); c += W) {
      int columns = Math.min(W, from.width() - c);
      turn(from.data(), from.offset(row, c), rows, to.data(), to.offset(c, row), columns, block);
    }
  }

  /**
   * A block [rows][32] to [columns][32]; what {@code rows} leave of 32 becomes zero.
   *
   * @param block scratch, 32 * 32
   */
  static void turn(
      MemorySegment from, long fo, int rows, MemorySegment to, long o, int columns, float[] block) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        block[c * W + r] = from.get(JAVA_FLOAT, fo + r * ROW + 4L * c);
      }
    }
    for (int r = rows; r < W; r++) {
      for (int c = 0; c < columns; c++) {
        block[c * W + r] = 0;
      }
    }
    MemorySegment.copy(block, 0, to, JAVA_FLOAT, o, columns * W);
  }
}
