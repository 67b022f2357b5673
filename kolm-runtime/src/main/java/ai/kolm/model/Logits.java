package ai.kolm.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rows of logits, in the order the slices of the {@link Batch} asked for them.
 *
 * @param data row-major, (rows, stride) 32-bit floats
 * @param rows number of rows
 * @param columns the size of the vocabulary
 * @param stride floats from one row to the next, at least {@code columns}
 */
public record Logits(MemorySegment data, int rows, int columns, int stride) {

  /** Copies row {@code row} into {@code target}, (columns). */
  public void copyRow(int row, float[] target) {
    if (row < 0 || row >= rows || target.length < columns) {
      throw new IndexOutOfBoundsException(
          "row %d of %d into %d of %d floats".formatted(row, rows, target.length, columns));
    }
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, 4L * row * stride, target, 0, columns);
  }
}
