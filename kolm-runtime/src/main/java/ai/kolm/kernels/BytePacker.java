package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Rounds matrices of floats to bytes: {@link ByteMatrix}. */
final class BytePacker {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Tensor tensor;
  private final MemorySegment target;
  private final float[] row;
  private final int[] panel;

  private BytePacker(Tensor tensor, MemorySegment target) {
    int columns = (int) tensor.shape().columns();
    this.tensor = tensor;
    this.target = target;
    this.row = new float[columns];
    this.panel = new int[Math.toIntExact(ByteMatrix.panelBytes(columns) / Integer.BYTES)];
  }

  /** Whether a matrix is one of floats, and its rows are whole spans. */
  static boolean canPack(Tensor tensor) {
    return switch (tensor.type()) {
      case F32, F16, BF16 -> tensor.shape().columns() % ByteMatrix.SPAN == 0;
      default -> false;
    };
  }

  /**
   * Packs a matrix with all workers of {@code pool}.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  static ByteMatrix pack(Tensor tensor, SegmentAllocator memory, WorkerPool pool) {
    Matrix.Plain plain = new Matrix.Plain(tensor);
    int panels = ByteMatrix.panels(plain.rows());
    long bytes = Math.multiplyExact(panels, ByteMatrix.panelBytes(plain.columns()));
    MemorySegment target = memory.allocate(bytes, PanelProduct.ALIGNMENT);
    BytePacker[] packers = new BytePacker[pool.size()];
    Arrays.setAll(packers, _ -> new BytePacker(tensor, target));
    pool.run(panels, (index, worker) -> packers[worker].packPanel(index));
    return new ByteMatrix(plain.name(), plain.rows(), plain.columns(), target);
  }

  private void packPanel(int index) {
    int first = index * Panels.WIDTH;
    int rows = (int) Math.min(Panels.WIDTH, tensor.shape().rows() - first);
    Arrays.fill(panel, 0);
    for (int lane = 0; lane < rows; lane++) {
      ScalarKernels.decodeRow(tensor, first + lane, row);
      packRow(lane, first + lane);
    }
    MemorySegment.copy(panel, 0, target, INT, 4L * index * panel.length, panel.length);
  }

  private void packRow(int lane, int index) {
    int scales = row.length / Integer.BYTES * Panels.WIDTH + lane;
    for (int c = 0; c < row.length; c += ByteMatrix.SPAN) {
      float scale = largest(c, index) / ByteMatrix.LARGEST;
      int sum = packSpan(c, scale, lane);
      panel[scales] = Float.floatToRawIntBits(scale);
      panel[scales + Panels.WIDTH] = -sum & 0xFFFF;
      scales += 2 * Panels.WIDTH;
    }
  }

  private float largest(int column, int index) {
    float largest = 0;
    for (int c = column; c < column + ByteMatrix.SPAN; c++) {
      if (!Float.isFinite(row[c])) {
        throw new IllegalArgumentException(
            "tensor %s, row %d: a weight is not finite".formatted(tensor.name(), index));
      }
      largest = Math.max(largest, Math.abs(row[c]));
    }
    return largest;
  }

  /** Returns the sum of the quants. */
  private int packSpan(int column, float scale, int lane) {
    int sum = 0;
    for (int word = 0; word < ByteMatrix.SPAN / Integer.BYTES; word++) {
      int chunk = column + word / 16 * ByteMatrix.CHUNK;
      int c = chunk + ByteMatrix.firstColumn(word % 16);
      int quad = 0;
      for (int i = 0; i < Integer.BYTES; i++) {
        int quant = quant(row[c + i], scale);
        quad |= (quant & 0xFF) << (i * Byte.SIZE);
        sum += quant;
      }
      panel[(column / Integer.BYTES + word) * Panels.WIDTH + lane] = quad;
    }
    return sum;
  }

  private static int quant(float weight, float scale) {
    // Where a span is so small that its scale is not normal, the quotient may be too large.
    int rounded = scale == 0 ? 0 : Math.round(weight / scale);
    return Math.clamp(rounded, -ByteMatrix.LARGEST, ByteMatrix.LARGEST);
  }
}
