package ai.kolm.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The extents of a tensor, outermost first: a weight matrix is {@code [out, in]}, an embedding
 * table {@code [vocabulary, hidden]}. (GGUF files write the reverse order; their reader turns it.)
 * One to four extents, each at least 1.
 */
public final class Shape {
  private static final int MAX_DIMENSIONS = 4;

  private final long[] extents;

  private Shape(long[] extents) {
    this.extents = extents;
  }

  /**
   * @throws IllegalArgumentException if there are not 1 to 4 extents, or one is below 1
   * @throws ArithmeticException if the number of elements does not fit a {@code long}
   */
  public static Shape of(long... extents) {
    if (extents.length < 1 || extents.length > MAX_DIMENSIONS) {
      throw new IllegalArgumentException("a shape has 1 to 4 extents, not " + extents.length);
    }
    long elements = 1;
    for (long extent : extents) {
      if (extent < 1) {
        throw new IllegalArgumentException("extent " + extent + " is below 1");
      }
      elements = Math.multiplyExact(elements, extent);
    }
    return new Shape(extents.clone());
  }

  /** The number of extents. */
  public int rank() {
    return extents.length;
  }

  /** Extent {@code i}, outermost first. */
  public long extent(int i) {
    return extents[i];
  }

  /** The length of a row: the innermost extent. */
  public long columns() {
    return extents[extents.length - 1];
  }

  /** The number of rows: the product of all extents but the innermost. */
  public long rows() {
    return elements() / columns();
  }

  /** The number of elements. */
  public long elements() {
    long product = 1;
    for (long extent : extents) {
      product *= extent;
    }
    return product;
  }

  /** Whether these are the extents; they need not make a shape. */
  public boolean is(long... expected) {
    return Arrays.equals(extents, expected);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  /** {@code [576, 1536]}. */
  @Override
  public String toString() {
    return Arrays.stream(extents)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
