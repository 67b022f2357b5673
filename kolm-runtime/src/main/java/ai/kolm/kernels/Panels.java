package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A matrix of 32-bit floats (rows, width) outside the heap, in panels of {@value #WIDTH} columns:
 *
 * <pre>{@code
 * element (r, c)  at float  r * rowStride + (c / 32) * panelStride + c % 32
 *
 * panel-major:  rowStride 32, panelStride rows * 32      activations
 * row-major:    rowStride width rounded up, panelStride 32     logits
 * }</pre>
 *
 * <p>Panel-major keeps what a tile of the matrix product reads and writes together: 8 rows of one
 * panel are 1 KiB in a row, whatever the width. (Row-major strides that are powers of two make rows
 * compete for the same cache sets.) With one row both are the same. Columns past {@code width} in
 * the last panel exist: whoever writes a row writes zeros there, because kernels that take whole
 * panels read them.
 *
 * <p>The number of rows changes from batch to batch ({@link #reshape}); memory is allocated once.
 * Not thread-safe in itself: the kernels give each thread its own rows or panels.
 */
public final class Panels {
  /** Columns of a panel. */
  public static final int WIDTH = 32;

  private static final int ALIGNMENT = 64;

  private final MemorySegment data;
  private final int maxRows;
  private final int width;
  private final boolean rowMajor;
  private int rows;

  private Panels(MemorySegment data, int maxRows, int width, boolean rowMajor) {
    this.data = data;
    this.maxRows = maxRows;
    this.width = width;
    this.rowMajor = rowMajor;
    this.rows = maxRows;
  }

  /** A zeroed panel-major matrix with room for {@code maxRows} rows. */
  public static Panels allocate(Arena arena, int maxRows, int width) {
    return allocate(arena, maxRows, width, false);
  }

  /** A zeroed row-major matrix with room for {@code maxRows} rows. */
  public static Panels allocateRowMajor(Arena arena, int maxRows, int width) {
    return allocate(arena, maxRows, width, true);
  }

  private static Panels allocate(Arena arena, int maxRows, int width, boolean rowMajor) {
    if (maxRows < 1 || width < 1) {
      throw new IllegalArgumentException("a matrix of %d x %d".formatted(maxRows, width));
    }
    long floats = Math.multiplyExact((long) maxRows, roundUp(width));
    return new Panels(arena.allocate(floats * Float.BYTES, ALIGNMENT), maxRows, width, rowMajor);
  }

  /** {@code columns} rounded up to whole panels. */
  public static int roundUp(int columns) {
    return Math.addExact(columns, WIDTH - 1) & -WIDTH;
  }

  /** Sets the number of rows; what the matrix held is lost. */
  public Panels reshape(int newRows) {
    if (newRows < 1 || newRows > maxRows) {
      throw new IllegalArgumentException("%d rows, 1 to %d fit".formatted(newRows, maxRows));
    }
    rows = newRows;
    return this;
  }

  /** Row {@code row} of a row-major matrix as a matrix of its own, in the same memory. */
  public Panels row(int row) {
    if (!rowMajor) {
      throw new IllegalStateException("the panels of a row lie apart");
    }
    Objects.checkIndex(row, maxRows);
    return new Panels(data.asSlice(row * rowStride(), rowStride()), 1, width, true);
  }

  /** The number of rows. */
  public int rows() {
    return rows;
  }

  /** The number of columns. */
  public int width() {
    return width;
  }

  /** The number of panels, the last perhaps not full. */
  public int panels() {
    return roundUp(width) / WIDTH;
  }

  /** The memory; offsets below are in bytes from its start. */
  public MemorySegment data() {
    return data;
  }

  /** Bytes from an element to the one below it. */
  public long rowStride() {
    return (long) Float.BYTES * (rowMajor ? roundUp(width) : WIDTH);
  }

  /** Bytes from an element to the one a panel to the right. */
  public long panelStride() {
    return (long) Float.BYTES * WIDTH * (rowMajor ? 1 : rows);
  }

  /** Bytes from the start to element (row, column). */
  public long offset(int row, int column) {
    return row * rowStride()
        + column / WIDTH * panelStride()
        + (long) Float.BYTES * (column % WIDTH);
  }

  /** The address of element (row, column), perhaps past the width in the last panel. */
  long address(int row, int column) {
    if (row < 0 || row >= rows || column < 0 || column >= roundUp(width)) {
      throw new IndexOutOfBoundsException(
          "element (%d, %d) of %d x %d".formatted(row, column, rows, width));
    }
    return data.address() + offset(row, column);
  }

  /** Element (row, column). */
  public float get(int row, int column) {
    return data.get(JAVA_FLOAT, offset(row, column));
  }

  /** Sets element (row, column). */
  public void set(int row, int column, float value) {
    data.set(JAVA_FLOAT, offset(row, column), value);
  }

  /** Takes number of rows and content of a matrix of the same width and layout. */
  public void copy(Panels from) {
    if (from.width != width || from.rowMajor != rowMajor) {
      throw new IllegalArgumentException("a matrix of width " + from.width + " to " + width);
    }
    reshape(from.rows);
    MemorySegment.copy(from.data, 0, data, 0, (long) rows * roundUp(width) * Float.BYTES);
  }

  /** Copies a row into {@code target}, (width). */
  public void copyRow(int row, float[] target) {
    for (int c = 0; c < width; c += WIDTH) {
      MemorySegment.copy(data, JAVA_FLOAT, offset(row, c), target, c, Math.min(WIDTH, width - c));
    }
  }

  /** Sets a row from {@code source}, (width), and the columns past the width to zero. */
  public void setRow(int row, float[] source) {
    for (int c = 0; c < width; c += WIDTH) {
      MemorySegment.copy(source, c, data, JAVA_FLOAT, offset(row, c), Math.min(WIDTH, width - c));
    }
    clearPadding(row);
  }

  /** Sets row {@code to} from row {@code from} of a matrix of the same width. */
  public void copyRowOf(Panels other, int from, int to) {
    if (other.width != width) {
      throw new IllegalArgumentException("a row of %d to %d".formatted(other.width, width));
    }
    for (int c = 0; c < width; c += WIDTH) {
      long bytes = (long) Float.BYTES * Math.min(WIDTH, width - c);
      MemorySegment.copy(other.data, other.offset(from, c), data, offset(to, c), bytes);
    }
    clearPadding(to);
  }

  /** Sets the columns of a row past the width to zero. */
  void clearPadding(int row) {
    for (int c = width; c < roundUp(width); c++) {
      data.set(JAVA_FLOAT, offset(row, c), 0);
    }
  }
}
