package ai.kolm.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of floats rounded to signed bytes for {@link ByteTileCode}. A span is {@link #SPAN}
 * columns; of each output and span the scale is the largest magnitude / 127. Of each panel of 32
 * outputs, in address order:
 *
 * <pre>{@code
 * quants        [columns / 4][32 outputs][4 columns]    signed bytes
 * scales        [spans][32 outputs]                     floats
 * sums          [spans][32 outputs]                     integers: -sum of the span's quants, 16 bits
 * }</pre>
 *
 * <p>with scales and sums of a span side by side. Columns of a chunk of 64 come in the order that
 * {@link ByteRowCode} packs activations in: {@link #firstColumn}.
 *
 * @param name the tensor's name
 * @param rows outputs
 * @param columns inputs, whole spans
 * @param data all panels, 64-byte aligned
 */
record ByteMatrix(String name, int rows, int columns, MemorySegment data) implements Matrix {
  /** Columns that share a scale. */
  static final int SPAN = 64;

  /** Columns that are packed together: what four vectors of floats become. */
  static final int CHUNK = 64;

  /** The largest magnitude of weights. */
  static final int LARGEST = Byte.MAX_VALUE;

  /** Bytes of four columns of a panel. */
  static final int QUAD_BYTES = Panels.WIDTH * Integer.BYTES;

  /** Bytes of scales and sums of a span of a panel. */
  static final int SPAN_BYTES = 2 * QUAD_BYTES;

  ByteMatrix {
    long expected = panels(rows) * panelBytes(columns);
    if (columns % SPAN != 0 || data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "%s: expected %d packed bytes of whole spans, got %d of %d columns"
              .formatted(name, expected, data.byteSize(), columns));
    }
  }

  /** The number of panels of 32 outputs. */
  static int panels(int rows) {
    return Panels.roundUp(rows) / Panels.WIDTH;
  }

  /** Bytes of a panel. */
  static long panelBytes(int columns) {
    return (long) columns / Integer.BYTES * QUAD_BYTES + columns / SPAN * (long) SPAN_BYTES;
  }

  /**
   * The first of the four columns that meet in 32-bit word {@code word} of a chunk: bytes are
   * packed within 128 bits, four columns of each of four vectors after the other.
   */
  static int firstColumn(int word) {
    return word % 4 * 16 + word / 4 * 4;
  }

  /** The number of panels. */
  int panels() {
    return panels(rows);
  }

  /** Bytes of a panel. */
  long panelBytes() {
    return panelBytes(columns);
  }

  /** Where scales of a panel begin. */
  long scales(int panel) {
    return (panel + 1L) * panelBytes() - columns / SPAN * (long) SPAN_BYTES;
  }
}
