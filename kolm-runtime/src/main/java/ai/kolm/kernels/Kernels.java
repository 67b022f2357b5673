package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Objects;

/**
 * The arithmetic of a model, in coarse operations over {@link Panels}. {@link ScalarKernels} is the
 * specification; other sets compute the same operations faster.
 *
 * <p>Every sum has an order fixed by its shape alone, so results depend neither on the number of
 * threads, nor on how rows are batched, nor on whether code is already compiled:
 *
 * <ul>
 *   <li>products: one chain of fused multiply-adds per element, in ascending index;
 *   <li>sums over a row: 16 interleaved partial sums, then halves added pairwise.
 * </ul>
 *
 * <p>Scalar and Vector API kernels agree bit for bit. One thread at a time; operations spread over
 * the pool themselves.
 */
public abstract sealed class Kernels permits ScalarKernels, TiledKernels {
  /** Partial sums of a sum over a row. */
  static final int LANES = 16;

  /** Rows per task of an operation that works row by row. */
  private static final int ROWS_PER_TASK = 8;

  final WorkerPool pool;

  Kernels(WorkerPool pool) {
    this.pool = pool;
  }

  /** {@code scalar}, {@code vector-512}: for logs and receipts. */
  public abstract String name();

  /** Whether a row has the same bits whatever else is computed with it (D1). */
  public boolean isDeterministic() {
    return true;
  }

  /** The threads this works with. */
  public final WorkerPool pool() {
    return pool;
  }

  /**
   * A weight matrix in the form that {@link #multiply} wants.
   *
   * @param memory for the weights, where another form is needed
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  public abstract Matrix prepare(Tensor tensor, SegmentAllocator memory);

  /**
   * {@link #prepare} for products that may round floats to 12 bits per weight, and activations to
   * 16, relative to the largest of 32; rounds nothing where that is no faster, or weights are no
   * floats.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  public Matrix prepareWords(Tensor tensor, SegmentAllocator memory) {
    return prepare(tensor, memory);
  }

  /**
   * y[i] = x * w[i] transposed, for matrices that share their input.
   *
   * @param x (rows, columns)
   * @param w each (outputs, columns)
   * @param y each (rows, outputs)
   */
  public abstract void multiply(Panels x, Matrix[] w, Panels[] y);

  /**
   * {@link #multiply}, which may round activations of many rows coarsely where that is faster, and
   * allowed ({@link KernelSelection#fastPrompts}).
   */
  public void multiplyCoarsely(Panels x, Matrix[] w, Panels[] y) {
    multiply(x, w, y);
  }

  /**
   * {@link #multiplyCoarsely} of activations with outliers, such as come out of gates: with one
   * scale for many columns these lose most, so they are rounded coarsely only where each has an
   * exponent of its own.
   */
  public void multiplyOutliers(Panels x, Matrix[] w, Panels[] y) {
    multiply(x, w, y);
  }

  /**
   * {@link #prepare} for {@link #affine} and what contains it, which may then round weights and
   * activations to 8 bits, relative to the range of 64; rounds nothing where that is no faster, or
   * weights are no floats.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  public Matrix prepareBytes(Tensor tensor, SegmentAllocator memory) {
    return prepare(tensor, memory);
  }

  /**
   * {@link #multiplyCoarsely}, then {@link #addBias}.
   *
   * @param w all prepared alike
   */
  public void affine(Panels x, Affine[] w, Panels[] y) {
    multiplyCoarsely(x, Affine.matrices(w), y);
    for (int i = 0; i < y.length; i++) {
      addBias(y[i], w[i].bias().values());
    }
  }

  /** {@link #affine} of one matrix, then {@link #gelu}. */
  public void affineGelu(Panels x, Affine w, Panels y) {
    affine(x, new Affine[] {w}, new Panels[] {y});
    gelu(y);
  }

  /**
   * {@link #affine} of one matrix, then {@link #addLayerNorm}: the norm of stream + w(x).
   *
   * @param branch receives w(x)
   */
  public void affineAddNorm(Panels x, Affine w, Panels branch, Panels stream, LayerNorm norm) {
    affine(x, new Affine[] {w}, new Panels[] {branch});
    addLayerNorm(stream, branch, norm);
  }

  /**
   * The second half of an encoder's layer: the norm of stream + down(gelu(up(stream))).
   *
   * @param inner receives gelu(up(stream))
   * @param branch receives what is added
   */
  public void feedForward(
      Panels stream, Affine up, Affine down, Panels inner, Panels branch, LayerNorm norm) {
    affineGelu(stream, up, inner);
    affineAddNorm(inner, down, branch, stream, norm);
  }

  /**
   * {@link #multiply}, of some panels of each result only: there the same bits, elsewhere the
   * result stays as it was, or is lost where the number of rows changes.
   *
   * @param panels which 32 outputs each
   * @param count how many of {@code panels} to compute: the first ones
   * @throws IndexOutOfBoundsException if a matrix or a result has no such panel
   */
  public final void multiplyPanels(Panels x, Matrix[] w, Panels[] y, int[] panels, int count) {
    Objects.checkFromIndexSize(0, count, panels.length);
    for (int i = 0; i < w.length; i++) {
      int have = Math.min(Panels.roundUp(w[i].rows()) / Panels.WIDTH, y[i].panels());
      for (int at = 0; at < count; at++) {
        Objects.checkIndex(panels[at], have);
      }
    }
    if (count > 0) {
      multiplyChosen(x, w, y, panels, count);
    }
  }

  /** {@link #multiplyPanels} of at least one panel, all of which there are. */
  abstract void multiplyChosen(Panels x, Matrix[] w, Panels[] y, int[] panels, int count);

  /**
   * y = x / sqrt(mean(x^2) + eps) * weight, row by row or head by head (Zhang and Sennrich 2019).
   *
   * @param x (rows, width)
   * @param weight of a row, or of each head: as many columns, which divide the width
   * @param y may be x
   * @throws IllegalArgumentException if weights or y do not fit x
   */
  public final void rmsNorm(Panels x, ParameterVector weight, float eps, Panels y) {
    if (x.width() % weight.width() != 0 || y.width() != x.width()) {
      throw new IllegalArgumentException(
          "norm of %d columns with %d weights to %d"
              .formatted(x.width(), weight.width(), y.width()));
    }
    y.reshape(x.rows());
    if (weight.width() != x.width() && weight.width() % Panels.WIDTH != 0) {
      eachRow(x.rows(), (from, to, _) -> RowOperations.norm(x, weight, eps, y, from, to));
    } else if (few(x)) {
      norm(x, weight, eps, y, 0, x.rows(), 0);
    } else {
      eachRow(x.rows(), (from, to, worker) -> norm(x, weight, eps, y, from, to, worker));
    }
  }

  /** {@link #rmsNorm} of some rows; heads are whole panels. */
  abstract void norm(
      Panels x, ParameterVector weight, float eps, Panels y, int from, int to, int worker);

  /**
   * {@link #multiplyCoarsely} of two matrices, then {@link #gate} of the two results.
   *
   * @param w for what gates and for what is gated, of one height
   */
  public void multiplyGated(Panels x, Matrix[] w, Panels[] y, Activation activation) {
    multiplyCoarsely(x, w, y);
    gate(y[0], y[1], activation);
  }

  /** gate = activation(gate) * up, element by element. */
  public abstract void gate(Panels gate, Panels up, Activation activation);

  /**
   * Attention of every row over the positions of its sequence up to its own; see {@link Attention}.
   */
  public abstract void attend(Attention attention);

  /**
   * The product that training is made of, for one worker:
   *
   * <pre>{@code
   * c[r][j] += sum over i of a[r][i] * b[i][j]     r < rows, i < k, j < 32
   * }</pre>
   *
   * <p>One chain of fused multiply-adds per element of c, in ascending i, in all sets: the same
   * bits. a is panel-major (see {@link Panels}); b and c are panels, with 32 floats from a row to
   * the next. All offsets are in bytes.
   *
   * @param worker whose scratch memory this may use
   * @param ao offset of the first row and column of a, at the start of a panel
   * @param aPanel from a panel of a to the next
   * @throws IndexOutOfBoundsException if a matrix does not lie within its memory
   */
  final void multiplyAdd(
      int worker,
      MemorySegment a,
      long ao,
      long aPanel,
      int rows,
      MemorySegment b,
      long bo,
      int k,
      MemorySegment c,
      long co) {
    long row = (long) Panels.WIDTH * Float.BYTES;
    long aBytes = (k - 1) / Panels.WIDTH * aPanel + rows * row;
    Objects.checkFromIndexSize(ao, aBytes, a.byteSize());
    Objects.checkFromIndexSize(bo, k * row, b.byteSize());
    Objects.checkFromIndexSize(co, rows * row, c.byteSize());
    addProduct(worker, a, ao, aPanel, rows, b, bo, k, c, co);
  }

  /** {@link #multiplyAdd} of matrices that have been checked. */
  abstract void addProduct(
      int worker,
      MemorySegment a,
      long ao,
      long aPanel,
      int rows,
      MemorySegment b,
      long bo,
      int k,
      MemorySegment c,
      long co);

  /** x += factor * y, element by element. */
  public void add(Panels x, Panels y, float factor) {
    if (few(x)) {
      RowOperations.add(x, y, factor, 0, x.rows());
    } else {
      eachRow(x.rows(), (from, to, _) -> RowOperations.add(x, y, factor, from, to));
    }
  }

  /** Adds {@code bias}, (width), to every row. */
  public final void addBias(Panels x, float[] bias) {
    if (few(x)) {
      RowOperations.addBias(x, bias, 0, x.rows());
    } else {
      eachRow(x.rows(), (from, to, _) -> RowOperations.addBias(x, bias, from, to));
    }
  }

  /** Turns queries or keys by the angles of their rows; see {@link Rotation}. */
  public void rotate(Panels x, Rotation rotation) {
    if (few(x)) {
      rotation.apply(x, 0, x.rows());
    } else {
      eachRow(x.rows(), (from, to, _) -> rotation.apply(x, from, to));
    }
  }

  /** x = cap * tanh(x / cap), element by element. */
  public final void softCap(Panels x, float cap) {
    eachRow(x.rows(), (from, to, _) -> RowOperations.softCap(x, cap, from, to));
  }

  /** {@link #softCap}, of some panels only: the first {@code count} of {@code panels}. */
  public final void softCap(Panels x, float cap, int[] panels, int count) {
    for (int row = 0; row < x.rows(); row++) {
      for (int i = 0; i < count; i++) {
        RowOperations.softCapPanel(x, cap, row, panels[i]);
      }
    }
  }

  /** {@link #scale}, of some panels only: the first {@code count} of {@code panels}. */
  public final void scale(Panels x, float factor, int[] panels, int count) {
    for (int row = 0; row < x.rows(); row++) {
      for (int i = 0; i < count; i++) {
        RowOperations.scalePanel(x, factor, row, panels[i]);
      }
    }
  }

  /** x = factor * x, element by element. */
  public final void scale(Panels x, float factor) {
    if (few(x)) {
      RowOperations.scale(x, factor, 0, x.rows());
    } else {
      eachRow(x.rows(), (from, to, _) -> RowOperations.scale(x, factor, from, to));
    }
  }

  /**
   * x = (x - mean) / sqrt(variance + eps) * weight + bias, row by row, in place (Ba et al. 2016).
   * What the mean is off by, being rounded, is found with the variance and taken away too.
   */
  public void layerNorm(Panels x, LayerNorm norm) {
    eachRow(x.rows(), (from, to, _) -> EncoderRows.norm(x, null, norm, from, to));
  }

  /** {@link #layerNorm} of x + y. */
  public void addLayerNorm(Panels x, Panels y, LayerNorm norm) {
    eachRow(x.rows(), (from, to, _) -> EncoderRows.norm(x, y, norm, from, to));
  }

  /** x = x/2 * (1 + erf(x / sqrt(2))), element by element (Hendrycks and Gimpel 2016). */
  public void gelu(Panels x) {
    eachRow(x.rows(), (from, to, _) -> EncoderRows.gelu(x, from, to));
  }

  /** Stores keys and values, each (rows, kvHeads * headDim), in the blocks of their sequences. */
  public void store(Attention attention, Panels keys, Panels values) {
    if (few(keys)) {
      attention.store(keys, values, 0, keys.rows());
    } else {
      eachRow(keys.rows(), (from, to, _) -> attention.store(keys, values, from, to));
    }
  }

  /** Work on the rows {@code [from, to)}. */
  interface RowWork {
    void run(int from, int to, int worker);
  }

  /** Whether row-wise work is not worth spreading. */
  static boolean few(Panels x) {
    return x.rows() <= ROWS_PER_TASK;
  }

  /** Spreads row-wise work over the pool. */
  final void eachRow(int rows, RowWork work) {
    int tasks = (rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    pool.run(
        tasks,
        (task, worker) -> {
          int from = task * ROWS_PER_TASK;
          work.run(from, Math.min(rows, from + ROWS_PER_TASK), worker);
        });
  }
}
