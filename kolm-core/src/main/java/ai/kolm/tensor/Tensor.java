package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A named tensor whose bytes lie in memory, usually a mapped file. Row-major; rows are whole blocks
 * of {@code type}.
 *
 * @param name the name in its file, for messages
 * @param type how elements are stored
 * @param shape extents, outermost first
 * @param data exactly the bytes of the elements; read-only, valid as long as the file is open
 */
public record Tensor(String name, TensorType type, Shape shape, MemorySegment data) {

  /**
   * @throws IllegalArgumentException if rows are not whole blocks or {@code data} has another size
   */
  public Tensor {
    if (shape.columns() % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "tensor %s: rows of %d elements are not whole blocks of %d (%s)"
              .formatted(name, shape.columns(), type.blockSize(), type));
    }
    long expected = type.byteSize(shape.elements());
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "tensor %s: expected %d bytes for %s %s, got %d"
              .formatted(name, expected, type, shape, data.byteSize()));
    }
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return type.byteSize(shape.columns());
  }

  /**
   * The rows {@code [from, to)} of a matrix as a tensor of their own, over the same memory.
   *
   * @throws IndexOutOfBoundsException if there are no such rows
   */
  public Tensor rows(long from, long to) {
    if (shape.rank() != 2 || from < 0 || from >= to || to > shape.rows()) {
      throw new IndexOutOfBoundsException(
          "tensor %s %s has no rows [%d, %d)".formatted(name, shape, from, to));
    }
    return new Tensor(
        name,
        type,
        Shape.of(to - from, shape.columns()),
        data.asSlice(from * rowBytes(), (to - from) * rowBytes()));
  }
}
