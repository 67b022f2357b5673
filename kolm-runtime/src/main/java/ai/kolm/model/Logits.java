package ai.kolm.model;

import ai.kolm.kernels.Panels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Rows of logits, in the order the slices of the {@link Batch} asked for them.
 *
 * @param data row-major, (rows, stride) 32-bit floats
 * @param rows number of rows
 * @param columns the size of the vocabulary
 * @param stride floats from one row to the next, at least {@code columns}
 * @param places where in {@code data} each row lies, at least (rows)
 * @param whole the rows at this place and behind have only the columns that were asked for
 */
public record Logits(
    MemorySegment data, int rows, int columns, int stride, int[] places, int whole) {

  /**
   * @throws IllegalArgumentException if rows have no place
   */
  public Logits {
    if (rows < 0 || rows > places.length || whole < 0 || whole > rows) {
      throw new IllegalArgumentException(
          "%d rows, %d of them whole, with %d places".formatted(rows, whole, places.length));
    }
  }

  /** Whole rows, one behind the other. */
  public static Logits whole(MemorySegment data, int rows, int columns, int stride) {
    int[] places = new int[rows];
    for (int i = 0; i < rows; i++) {
      places[i] = i;
    }
    return new Logits(data, rows, columns, stride, places, rows);
  }

  /**
   * Copies the start of row {@code row} into {@code target}, at most (columns): a model may have
   * more columns than the tokenizer has tokens.
   *
   * @throws IllegalStateException if not all of the row has been asked for
   */
  public void copyRow(int row, float[] target) {
    check(row, target);
    if (places[row] >= whole) {
      throw new IllegalStateException("not all logits of row %d are computed".formatted(row));
    }
    copy(row, 0, target, target.length);
  }

  /**
   * Copies the columns that row {@code row} was asked for to their places in {@code target}, at
   * most (columns); others there are as before.
   */
  public void copyRow(int row, LogitColumns wanted, float[] target) {
    if (wanted.all()) {
      copyRow(row, target);
      return;
    }
    check(row, target);
    for (int i = 0; i < wanted.count(); i++) {
      int first = wanted.panels()[i] * Panels.WIDTH;
      copy(row, first, target, Math.min(Panels.WIDTH, target.length - first));
    }
  }

  private void check(int row, float[] target) {
    Objects.checkIndex(row, rows);
    if (target.length > columns) {
      throw new IndexOutOfBoundsException(
          "%d floats of row %d of %d rows of %d".formatted(target.length, row, rows, columns));
    }
  }

  private void copy(int row, int first, float[] target, int count) {
    long from = (long) Float.BYTES * ((long) places[row] * stride + first);
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, from, target, first, count);
  }
}
