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

  /**
   * Copies the start of row {@code row} into {@code target}, at most (columns): a model may have
   * more columns than the tokenizer has tokens.
   */
  public void copyRow(int row, float[] target) {
    if (row < 0 || row >= rows || target.length > columns) {
      throw new IndexOutOfBoundsException(
          "%d floats of row %d of %d rows of %d".formatted(target.length, row, rows, columns));
    }
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, 4L * row * stride, target, 0, target.length);
  }
}
