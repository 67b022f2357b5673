package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products with vectors: one row of activations is multiplied while weights are decoded in
 * registers ({@link VectorDot}), several rows with panels of decoded weights ({@link VectorTile}):
 * the same sums in the same order.
 */
final class VectorProduct extends PanelProduct {
  /** Columns of a panel decoded at a time: 128 KiB of floats, for the second-level cache. */
  private static final int PANEL_COLUMNS = 4 * Encoding.SUPER_BLOCK;

  private static final int MAX_SPANS = 2 * Encoding.SUPER_BLOCK / Encoding.BLOCK;
  private static final int GROUP_SPANS = MAX_SPANS * VectorScales.SPAN;
  private static final long GROUP_ROW = (long) Encoding.GROUP * Float.BYTES;

  private final float[][] spans;
  private float[] vector = {};

  VectorProduct(WorkerPool pool, Arena arena) {
    super(pool, arena, PANEL_COLUMNS);
    spans = new float[pool.size()][2 * GROUP_SPANS];
  }

  @Override
  void begin(Panels x, Matrix[] matrices) {
    if (x.rows() == 1) {
      int width = Panels.roundUp(x.width());
      vector = vector.length < width ? new float[width] : vector;
      x.copyRow(0, vector);
      Arrays.fill(vector, x.width(), width, 0);
    }
  }

  /** All: a panel is decoded once. */
  @Override
  int rowsPerTask(Panels activations, Matrix[] matrices) {
    return activations.rows();
  }

  @Override
  void multiplyPacked(
      PackedMatrix m, int from, int to, int firstRow, int endRow, Panels result, int worker) {
    for (int panel = from; panel < to; panel++) {
      clear(result, panel);
      if (x().rows() == 1) {
        dot(m, panel, result, spans[worker]);
      } else {
        tile(m, panel, result, worker);
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

  private void tile(PackedMatrix m, int panel, Panels result, int worker) {
    MemorySegment p = panelMemory(worker);
    for (int c = 0; c < m.columns(); c += PANEL_COLUMNS) {
      int count = Math.min(PANEL_COLUMNS, m.columns() - c);
      unpack(m, 2 * panel, c, count, p, 0, spans[worker]);
      unpack(m, 2 * panel + 1, c, count, p, GROUP_ROW, spans[worker]);
      multiplyPanel(p, panel, c, count, result, worker);
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

  @Override
  void multiplyPanel(MemorySegment p, int panel, int c, int count, Panels result, int worker) {
    VectorTile.multiply(
        x().data(),
        x().offset(0, c),
        x().panelStride(),
        x().rows(),
        p,
        0,
        PANEL_ROW,
        count,
        result.data(),
        result.offset(0, panel * Panels.WIDTH),
        result.rowStride());
  }
}
