package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Matrix products, spread over the pool by panels of 32 weight rows. One row of activations is
 * multiplied while weights are decoded in registers ({@link VectorDot}), several rows with panels
 * of decoded weights ({@link VectorTile}): the same sums in the same order.
 *
 * <p>Allocates nothing per call.
 */
final class VectorProduct implements WorkerPool.Work {
  /** Columns of a panel decoded at a time: 128 KiB of floats, for the second-level cache. */
  private static final int PANEL_COLUMNS = 4 * Encoding.SUPER_BLOCK;

  /** Packed bytes that a task has at least: some microseconds of work. */
  private static final long TASK_BYTES = 32 << 10;

  /** Matrices that share an input: queries, keys and values. */
  private static final int MAX_MATRICES = 4;

  private static final int MAX_SPANS = 2 * Encoding.SUPER_BLOCK / Encoding.BLOCK;
  private static final int GROUP_SPANS = MAX_SPANS * VectorScales.SPAN;
  private static final long PANEL_ROW = (long) Panels.WIDTH * Float.BYTES;
  private static final long GROUP_ROW = (long) Encoding.GROUP * Float.BYTES;
  private static final int ALIGNMENT = 64;

  private final WorkerPool pool;
  private final MemorySegment[] panels;
  private final float[][] spans;

  // The product being computed.
  private Panels x;
  private float[] vector = {};
  private Matrix[] w = {};
  private Panels[] y = {};
  private final int[] firstTask = new int[MAX_MATRICES + 1];
  private final int[] panelsPerTask = new int[MAX_MATRICES];

  VectorProduct(WorkerPool pool, Arena arena) {
    this.pool = pool;
    this.x = Panels.allocate(arena, 1, 1);
    panels = new MemorySegment[pool.size()];
    Arrays.setAll(panels, _ -> arena.allocate(PANEL_COLUMNS * PANEL_ROW, ALIGNMENT));
    spans = new float[pool.size()][2 * GROUP_SPANS];
  }

  void multiply(Panels newX, Matrix[] newW, Panels[] newY) {
    x = newX;
    w = newW;
    y = newY;
    if (x.rows() == 1) {
      int width = Panels.roundUp(x.width());
      vector = vector.length < width ? new float[width] : vector;
      x.copyRow(0, vector);
      Arrays.fill(vector, x.width(), width, 0);
    }
    for (int i = 0; i < w.length; i++) {
      y[i].reshape(x.rows());
      int count = Panels.roundUp(w[i].rows()) / Panels.WIDTH;
      panelsPerTask[i] = x.rows() == 1 ? panelsPerTask(w[i]) : 1;
      firstTask[i + 1] = firstTask[i] + (count + panelsPerTask[i] - 1) / panelsPerTask[i];
    }
    pool.run(firstTask[w.length], this);
  }

  private static int panelsPerTask(Matrix matrix) {
    return switch (matrix) {
      case PackedMatrix packed -> (int) Math.max(1, TASK_BYTES / (2 * packed.groupBytes()));
      case Matrix.Plain _ -> 1;
    };
  }

  @Override
  public void run(int task, int worker) {
    int i = 0;
    while (task >= firstTask[i + 1]) {
      i++;
    }
    int from = (task - firstTask[i]) * panelsPerTask[i];
    int to = Math.min(Panels.roundUp(w[i].rows()) / Panels.WIDTH, from + panelsPerTask[i]);
    for (int panel = from; panel < to; panel++) {
      clear(y[i], panel);
      switch (w[i]) {
        case PackedMatrix packed when x.rows() == 1 -> dot(packed, panel, y[i], spans[worker]);
        case PackedMatrix packed -> tile(packed, panel, y[i], panels[worker], spans[worker]);
        case Matrix.Plain plain -> tile(plain, panel, y[i], panels[worker]);
      }
    }
  }

  private static void clear(Panels y, int panel) {
    for (int row = 0; row < y.rows(); row++) {
      long o = y.offset(row, panel * Panels.WIDTH);
      for (int i = 0; i < Panels.WIDTH; i++) {
        y.data().set(ValueLayout.JAVA_FLOAT, o + 4L * i, 0);
      }
    }
  }

  private void dot(PackedMatrix m, int panel, Panels result, float[] s) {
    Encoding encoding = m.encoding();
    long other = m.groupBytes();
    long superBlock = 2L * panel * other;
    long sum = result.offset(0, panel * Panels.WIDTH);
    for (int c = 0; c < m.columns(); c += Encoding.SUPER_BLOCK) {
      int width = Math.min(Encoding.SUPER_BLOCK, m.columns() - c);
      int blocks = (width + Encoding.BLOCK - 1) / Encoding.BLOCK;
      VectorScales.expand(encoding, m.data(), superBlock, blocks, s, 0);
      VectorScales.expand(encoding, m.data(), superBlock + other, blocks, s, GROUP_SPANS);
      VectorDot.dot(
          encoding.quants(),
          encoding.scales().span(),
          m.data(),
          superBlock + PackedMatrix.scaleBytes(encoding, blocks),
          other,
          blocks,
          s,
          0,
          GROUP_SPANS,
          vector,
          c,
          result.data(),
          sum);
      superBlock += PackedMatrix.superBlockBytes(encoding, width);
    }
  }

  private void tile(PackedMatrix m, int panel, Panels result, MemorySegment p, float[] s) {
    for (int c = 0; c < m.columns(); c += PANEL_COLUMNS) {
      int count = Math.min(PANEL_COLUMNS, m.columns() - c);
      unpack(m, 2 * panel, c, count, p, 0, s);
      unpack(m, 2 * panel + 1, c, count, p, GROUP_ROW, s);
      multiply(p, panel, c, count, result);
    }
  }

  /** Decodes columns {@code [c, c + count)} of a group into half the width of a panel. */
  private static void unpack(
      PackedMatrix m, int group, int c, int count, MemorySegment p, long po, float[] s) {
    Encoding encoding = m.encoding();
    long superBlock =
        group * m.groupBytes()
            + c
                / Encoding.SUPER_BLOCK
                * PackedMatrix.superBlockBytes(encoding, Encoding.SUPER_BLOCK);
    for (int k = 0; k < count; k += Encoding.SUPER_BLOCK) {
      int width = Math.min(Encoding.SUPER_BLOCK, count - k);
      int blocks = (width + Encoding.BLOCK - 1) / Encoding.BLOCK;
      VectorScales.expand(encoding, m.data(), superBlock, blocks, s, 0);
      VectorUnpack.unpack(
          encoding.quants(),
          encoding.scales().span(),
          m.data(),
          superBlock + PackedMatrix.scaleBytes(encoding, blocks),
          blocks,
          s,
          0,
          p,
          po + k * PANEL_ROW);
      superBlock += PackedMatrix.superBlockBytes(encoding, width);
    }
  }

  /** Types without a packed form: rows are decoded by their {@link ai.kolm.tensor.BlockFormat}. */
  private void tile(Matrix.Plain m, int panel, Panels result, MemorySegment p) {
    Tensor tensor = m.tensor();
    int first = panel * Panels.WIDTH;
    int rows = Math.min(Panels.WIDTH, m.rows() - first);
    float[][] decoded = new float[rows][m.columns()];
    for (int row = 0; row < rows; row++) {
      ScalarKernels.decodeRow(tensor, first + row, decoded[row]);
    }
    for (int c = 0; c < m.columns(); c += PANEL_COLUMNS) {
      int count = Math.min(PANEL_COLUMNS, m.columns() - c);
      for (int k = 0; k < count; k++) {
        for (int row = 0; row < Panels.WIDTH; row++) {
          float weight = row < rows ? decoded[row][c + k] : 0;
          p.set(ValueLayout.JAVA_FLOAT, k * PANEL_ROW + 4L * row, weight);
        }
      }
      multiply(p, panel, c, count, result);
    }
  }

  private void multiply(MemorySegment p, int panel, int c, int count, Panels result) {
    VectorTile.multiply(
        x.data(),
        x.offset(0, c),
        x.panelStride(),
        x.rows(),
        p,
        0,
        PANEL_ROW,
        count,
        result.data(),
        result.offset(0, panel * Panels.WIDTH),
        result.rowStride());
  }
}
