package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products, spread over the pool by panels of 32 weight rows, and by blocks of rows of
 * activations where there are many; how a panel is multiplied is up to the kernel set. Allocates
 * nothing per call, except for matrices without a packed form.
 */
abstract class PanelProduct implements WorkerPool.Work {
  /** Packed bytes that a task has at least: some microseconds of work. */
  private static final long TASK_BYTES = 32 << 10;

  /** Matrices that share an input: queries, keys and values. */
  private static final int MAX_MATRICES = 4;

  /** Bytes of a row of a panel of decoded weights: one column of 32 weight rows. */
  static final long PANEL_ROW = (long) Panels.WIDTH * Float.BYTES;

  static final int ALIGNMENT = 64;

  private final WorkerPool pool;

  /** Columns of decoded weights that a panel has room for. */
  private final int panelColumns;

  private final MemorySegment[] panels;
  private final MemorySegment zeros;

  /** What becomes of a panel of a result whose rows {@code [from, to)} are complete. */
  interface Finish {
    /**
     * @param matrix which of those that are multiplied
     */
    void apply(int matrix, Panels y, int panel, int from, int to, int worker);
  }

  /** The product is all. */
  static final Finish NOTHING = (_, _, _, _, _, _) -> {};

  // The product being computed.
  private Finish finish = NOTHING;
  private int rowsPerTask;
  private Panels x;
  private Matrix[] w = {};
  private Panels[] y = {};
  private final int[] firstTask = new int[MAX_MATRICES + 1];
  private final int[] panelsPerTask = new int[MAX_MATRICES];

  /** The panels to compute, the first {@link #chosenCount}; null for all. */
  private int @Nullable [] chosen;

  private int chosenCount;

  /** Whether a task computes its panels of all matrices, and finishes those of the first. */
  private boolean joined;

  PanelProduct(WorkerPool pool, Arena arena, int panelColumns) {
    this.pool = pool;
    this.panelColumns = panelColumns;
    this.x = Panels.allocate(arena, 1, 1);
    zeros = arena.allocate(PANEL_ROW, ALIGNMENT);
    panels = new MemorySegment[pool.size()];
    Arrays.setAll(panels, _ -> arena.allocate(panelColumns * PANEL_ROW, ALIGNMENT));
  }

  /** See {@link Kernels#multiply}. */
  final void multiply(Panels newX, Matrix[] newW, Panels[] newY, Finish newFinish) {
    chosen = null;
    joined = false;
    compute(newX, newW, newY, newFinish);
  }

  /**
   * {@link #multiply} of matrices of one height: panels of the first result are finished when those
   * of all others are there too, by the worker that has computed them.
   */
  final void multiplyJoined(Panels newX, Matrix[] newW, Panels[] newY, Finish newFinish) {
    chosen = null;
    joined = true;
    compute(newX, newW, newY, newFinish);
  }

  /** See {@link Kernels#multiplyPanels}. */
  final void multiply(Panels newX, Matrix[] newW, Panels[] newY, int[] panels, int count) {
    chosen = panels;
    chosenCount = count;
    joined = false;
    compute(newX, newW, newY, NOTHING);
  }

  private void compute(Panels newX, Matrix[] newW, Panels[] newY, Finish newFinish) {
    x = newX;
    w = newW;
    y = newY;
    finish = newFinish;
    for (int i = 0; i < w.length; i++) {
      y[i].reshape(x.rows());
      int count = panelsWanted(w[i]);
      int most = panelsPerTask(w[i]);
      panelsPerTask[i] = x.rows() == 1 ? most : 1;
      int more = joined && i > 0 ? 0 : Math.ceilDiv(count, panelsPerTask[i]);
      firstTask[i + 1] = firstTask[i] + more;
    }
    begin(x, w);
    rowsPerTask = rowsPerTask(x, w);
    pool.run(Math.ceilDiv(x.rows(), rowsPerTask) * firstTask[w.length], this);
  }

  private int panelsWanted(Matrix matrix) {
    return chosen == null ? Panels.roundUp(matrix.rows()) / Panels.WIDTH : chosenCount;
  }

  private static int panelsPerTask(Matrix matrix) {
    return switch (matrix) {
      case PackedMatrix packed -> (int) Math.max(1, TASK_BYTES / (2 * packed.groupBytes()));
      case Matrix.Plain _ -> 1;
      case ByteMatrix bytes -> throw forEncoders(bytes);
    };
  }

  private static IllegalArgumentException forEncoders(ByteMatrix bytes) {
    return new IllegalArgumentException(
        bytes.name() + ": rounded to bytes, for layers of encoders");
  }

  @Override
  public final void run(int task, int worker) {
    int firstRow = task / firstTask[w.length] * rowsPerTask;
    int endRow = Math.min(x.rows(), firstRow + rowsPerTask);
    int rest = task % firstTask[w.length];
    int i = 0;
    while (rest >= firstTask[i + 1]) {
      i++;
    }
    int from = (rest - firstTask[i]) * panelsPerTask[i];
    int to = Math.min(panelsWanted(w[i]), from + panelsPerTask[i]);
    if (chosen == null) {
      for (int matrix = i; matrix < (joined ? w.length : i + 1); matrix++) {
        multiply(matrix, from, to, firstRow, endRow, worker);
      }
      for (int panel = from; panel < to; panel++) {
        finish.apply(i, y[i], panel, firstRow, endRow, worker);
      }
      return;
    }
    for (int at = from; at < to; at++) {
      multiply(i, chosen[at], chosen[at] + 1, firstRow, endRow, worker);
    }
  }

  private void multiply(int i, int from, int to, int firstRow, int endRow, int worker) {
    switch (w[i]) {
      case PackedMatrix packed -> multiplyPacked(packed, from, to, firstRow, endRow, y[i], worker);
      case ByteMatrix bytes -> throw forEncoders(bytes);
      case Matrix.Plain plain -> {
        for (int panel = from; panel < to; panel++) {
          clear(y[i], panel);
          multiplyPlain(plain, panel, y[i], worker);
        }
      }
    }
  }

  /** Sets a panel of the result to zeros. */
  final void clear(Panels y, int panel) {
    for (int row = 0; row < y.rows(); row++) {
      long to = y.offset(row, panel * Panels.WIDTH);
      MemorySegment.copy(zeros, 0, y.data(), to, PANEL_ROW);
    }
  }

  /** Types without a packed form: rows are decoded by their {@link ai.kolm.tensor.BlockFormat}. */
  private void multiplyPlain(Matrix.Plain m, int panel, Panels result, int worker) {
    Tensor tensor = m.tensor();
    MemorySegment p = panels[worker];
    int first = panel * Panels.WIDTH;
    int rows = Math.min(Panels.WIDTH, m.rows() - first);
    float[][] decoded = new float[rows][m.columns()];
    for (int row = 0; row < rows; row++) {
      ScalarKernels.decodeRow(tensor, first + row, decoded[row]);
    }
    for (int c = 0; c < m.columns(); c += panelColumns) {
      int count = Math.min(panelColumns, m.columns() - c);
      for (int k = 0; k < count; k++) {
        for (int row = 0; row < Panels.WIDTH; row++) {
          float weight = row < rows ? decoded[row][c + k] : 0;
          p.set(ValueLayout.JAVA_FLOAT, k * PANEL_ROW + 4L * row, weight);
        }
      }
      multiplyPanel(p, panel, c, count, result, worker);
    }
  }

  /** The activations of the product being computed. */
  final Panels x() {
    return x;
  }

  /** Memory for decoded weights of a worker. */
  final MemorySegment panelMemory(int worker) {
    return panels[worker];
  }

  /** Before the tasks start, on the calling thread. */
  abstract void begin(Panels activations, Matrix[] matrices);

  /**
   * Rows of activations that one task multiplies with its panels; fewer than all only of packed
   * matrices.
   */
  abstract int rowsPerTask(Panels activations, Matrix[] matrices);

  /** Sets the rows {@code [firstRow, endRow)} of panels {@code [from, to)} of the result. */
  abstract void multiplyPacked(
      PackedMatrix m, int from, int to, int firstRow, int endRow, Panels result, int worker);

  /**
   * Adds the products with columns {@code [c, c + count)}, decoded in {@code p}, to a panel of the
   * result.
   */
  abstract void multiplyPanel(
      MemorySegment p, int panel, int c, int count, Panels result, int worker);
}
