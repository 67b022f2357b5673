package ai.kolm.kernels;

import ai.kolm.kernels.x86.Routine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products with {@link ByteMatrix}, for encoders. A task takes some rows: it rounds them and
 * multiplies them with all panels of weights, and goes on with what follows row by row, a norm or
 * the next product, while they are in the cache of its core. Where rows are too few for all
 * workers, tasks share them and take some panels each; all round the same rows then, which takes
 * less time than to wait for each other.
 *
 * <p>{@link ByteTileCode} has the sums: those of a row depend on nothing else.
 */
final class ByteProduct {
  /** The most tiles of a task: half a megabyte of activations, most between the two products. */
  private static final int TASK_TILES = 4;

  private final WorkerPool pool;
  private final Routine[] tiles;
  private final EmittedEncoderRows encoderRows;
  private final Parameters[] parameters;
  private final ByteRows[] rounded;

  ByteProduct(
      WorkerPool pool,
      Arena arena,
      EmittedCode code,
      EmittedEncoderRows encoderRows,
      MemorySegment constants,
      Parameters[] parameters) {
    this.pool = pool;
    this.encoderRows = encoderRows;
    this.parameters = parameters;
    tiles = code.byteTiles();
    rounded = new ByteRows[pool.size()];
    Arrays.setAll(rounded, i -> new ByteRows(arena, code, constants, parameters[i]));
  }

  /** Whether all are such matrices. */
  static boolean takes(Matrix... matrices) {
    for (Matrix matrix : matrices) {
      if (!(matrix instanceof ByteMatrix)) {
        return false;
      }
    }
    return true;
  }

  /** See {@link Kernels#affine}, with GELU or without. */
  void affine(Panels x, Affine[] w, Panels[] y, boolean gelu) {
    int panels = 0;
    for (int i = 0; i < w.length; i++) {
      check(x, w[i], y[i].reshape(x.rows()));
      panels += bytes(w[i]).panels();
    }
    boolean shared = sharesRows(x.rows());
    int taskRows = shared ? taskRows(x.rows()) : x.rows();
    int blocks = Math.ceilDiv(x.rows(), taskRows);
    int parts = shared ? 1 : Math.min(panels, pool.size());
    int all = panels;
    pool.run(
        blocks * parts,
        (task, worker) -> {
          int from = task / parts * taskRows;
          int to = Math.min(x.rows(), from + taskRows);
          int part = task % parts;
          rounded[worker].round(x, from, to);
          int first = 0;
          for (int i = 0; i < w.length; i++) {
            int count = bytes(w[i]).panels();
            int start = Math.max(0, part * all / parts - first);
            int end = Math.min(count, (part + 1) * all / parts - first);
            multiply(w[i], start, end, y[i], from, to, gelu, worker);
            first += count;
          }
        });
  }

  /** See {@link Kernels#affineAddNorm}. */
  void affineAddNorm(Panels x, Affine w, Panels branch, Panels stream, LayerNorm norm) {
    check(x, w, branch.reshape(x.rows()));
    check(branch, stream, norm);
    eachBlock(
        x.rows(),
        (from, to, worker) -> {
          multiply(x, w, branch, from, to, false, worker);
          encoderRows.norm(stream, branch, norm, from, to, worker);
        });
  }

  /** See {@link Kernels#feedForward}. */
  void feedForward(
      Panels stream, Affine up, Affine down, Panels inner, Panels branch, LayerNorm norm) {
    check(stream, up, inner.reshape(stream.rows()));
    check(inner, down, branch.reshape(stream.rows()));
    check(branch, stream, norm);
    eachBlock(
        stream.rows(),
        (from, to, worker) -> {
          multiply(stream, up, inner, from, to, true, worker);
          multiply(inner, down, branch, from, to, false, worker);
          encoderRows.norm(stream, branch, norm, from, to, worker);
        });
  }

  private void eachBlock(int rows, Kernels.RowWork work) {
    int taskRows = taskRows(rows);
    pool.run(
        Math.ceilDiv(rows, taskRows),
        (task, worker) -> work.run(task * taskRows, Math.min(rows, (task + 1) * taskRows), worker));
  }

  /** Whether there are rows for several tasks of each worker. */
  boolean sharesRows(int rows) {
    return tiles(rows) >= 2 * pool.size();
  }

  private static int tiles(int rows) {
    return Math.ceilDiv(rows, ByteTileCode.ROWS);
  }

  /** Whole tiles: as many tasks for each worker. */
  private int taskRows(int rows) {
    int tasks = pool.size() * Math.ceilDiv(tiles(rows), pool.size() * TASK_TILES);
    return Math.ceilDiv(tiles(rows), tasks) * ByteTileCode.ROWS;
  }

  private static ByteMatrix bytes(Affine w) {
    return (ByteMatrix) w.matrix();
  }

  private static void check(Panels x, Affine w, Panels y) {
    Matrix m = w.matrix();
    if (m.columns() != x.width() || m.rows() != y.width()) {
      throw new IllegalArgumentException(
          "%s: %d outputs of %d columns, activations have %d, the result %d"
              .formatted(m.name(), m.rows(), m.columns(), x.width(), y.width()));
    }
  }

  private void check(Panels branch, Panels stream, LayerNorm norm) {
    if (branch.rows() != stream.rows() || branch.width() != stream.width()) {
      throw new IllegalArgumentException("sum of matrices that differ in shape");
    }
    encoderRows.check(stream, norm);
  }

  private void multiply(Panels x, Affine w, Panels y, int from, int to, boolean gelu, int worker) {
    rounded[worker].round(x, from, to);
    multiply(w, 0, bytes(w).panels(), y, from, to, gelu, worker);
  }

  /** Panels {@code [start, end)} of the result, of the rows that were rounded. */
  private void multiply(
      Affine w, int start, int end, Panels y, int from, int to, boolean gelu, int worker) {
    ByteMatrix m = bytes(w);
    ByteRows x = rounded[worker];
    Parameters p = parameters[worker];
    int whole = (to - from) / ByteTileCode.ROWS;
    int rest = (to - from) % ByteTileCode.ROWS;
    for (int panel = start; panel < end; panel++) {
      p.set(ByteTileCode.X, x.bytes());
      p.set(ByteTileCode.X_SCALES, x.bytes() + x.scales());
      p.set(ByteTileCode.TILE_BYTES, x.tileBytes());
      p.set(ByteTileCode.SPANS, x.spans());
      p.set(ByteTileCode.WEIGHTS, m.data().address() + panel * m.panelBytes());
      p.set(ByteTileCode.SCALES, m.data().address() + m.scales(panel));
      p.set(ByteTileCode.BIAS, w.bias().memory().address() + panel * TileAttention.ROW);
      p.set(ByteTileCode.RESULT, y.address(from, panel * Panels.WIDTH));
      p.set(ByteTileCode.RESULT_STRIDE, y.rowStride());
      if (whole > 0) {
        p.set(ByteTileCode.TILES, whole);
        tiles[ByteTileCode.ROWS].call(p.address());
      }
      if (rest > 0) {
        p.set(ByteTileCode.TILES, 1);
        tiles[rest].call(p.address()); // pointers have moved on
      }
      if (gelu) {
        encoderRows.gelu(y, panel, from, to, worker);
      }
    }
  }
}
