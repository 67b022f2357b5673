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
  private final RoundedRow row;
  private final int[] panel;

  private BytePacker(Tensor tensor, MemorySegment target) {
    int columns = (int) tensor.shape().columns();
    this.tensor = tensor;
    this.target = target;
    this.row = new RoundedRow(tensor, ByteMatrix.SPAN, ByteMatrix.LARGEST);
    this.panel = new int[Math.toIntExact(ByteMatrix.panelBytes(columns) / Integer.BYTES)];
  }

  /** Whether a matrix is one of floats, and its rows are whole spans. */
  static boolean canPack(Tensor tensor) {
    return RoundedRow.canRound(tensor, ByteMatrix.SPAN);
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
      row.read(first + lane);
      packRow(lane);
    }
    MemorySegment.copy(panel, 0, target, INT, 4L * index * panel.length, panel.length);
  }

  private void packRow(int lane) {
    int scales = row.columns() / Integer.BYTES * Panels.WIDTH + lane;
    for (int c = 0; c < row.columns(); c += ByteMatrix.SPAN) {
      float scale = row.scale(c);
      int sum = packSpan(c, scale, lane);
      panel[scales] = Float.floatToRawIntBits(scale);
      panel[scales + Panels.WIDTH] = -sum & 0xFFFF;
      scales += 2 * Panels.WIDTH;
    }
  }

  /** Returns the sum of the quants. */
  private int packSpan(int column, float scale, int lane) {
    int sum = 0;
    for (int word = 0; word < ByteMatrix.SPAN / Integer.BYTES; word++) {
      int chunk = column + word / 16 * ByteMatrix.CHUNK;
      int c = chunk + ByteMatrix.firstColumn(word % 16);
      int quad = 0;
      for (int i = 0; i < Integer.BYTES; i++) {
        int quant = row.quant(c + i, scale);
        quad |= (quant & 0xFF) << (i * Byte.SIZE);
        sum += quant;
      }
      panel[(column / Integer.BYTES + word) * Panels.WIDTH + lane] = quad;
    }
    return sum;
  }
}
