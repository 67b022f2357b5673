package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The specification: plain loops, one number at a time, in the order that {@link Kernels} promises.
 */
public final class ScalarKernels extends Kernels {
  /** Weight rows that are multiplied together: independent chains hide the latency of one. */
  private static final int ROWS = 4;

  public ScalarKernels(WorkerPool pool) {
    super(pool);
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public Matrix prepare(Tensor tensor, SegmentAllocator memory) {
    return new Matrix.Plain(tensor);
  }

  @Override
  public void multiply(Panels x, Matrix[] w, Panels[] y) {
    float[][] inputs = inputs(x);
    for (int i = 0; i < w.length; i++) {
      Tensor tensor = ((Matrix.Plain) w[i]).tensor();
      Panels output = y[i].reshape(x.rows());
      int tasks = (w[i].rows() + Panels.WIDTH - 1) / Panels.WIDTH;
      pool.run(tasks, (task, _) -> multiplyPanel(inputs, tensor, output, task * Panels.WIDTH));
    }
  }

  @Override
  void multiplyChosen(Panels x, Matrix[] w, Panels[] y, int[] panels, int count) {
    float[][] inputs = inputs(x);
    for (int i = 0; i < w.length; i++) {
      Tensor tensor = ((Matrix.Plain) w[i]).tensor();
      Panels output = y[i].reshape(x.rows());
      pool.run(
          count, (task, _) -> multiplyPanel(inputs, tensor, output, panels[task] * Panels.WIDTH));
    }
  }

  private static float[][] inputs(Panels x) {
    float[][] inputs = new float[x.rows()][x.width()];
    for (int row = 0; row < x.rows(); row++) {
      x.copyRow(row, inputs[row]);
    }
    return inputs;
  }

  private static void multiplyPanel(float[][] inputs, Tensor tensor, Panels output, int first) {
    int columns = (int) tensor.shape().columns();
    int end = (int) Math.min(tensor.shape().rows(), first + Panels.WIDTH);
    float[][] weights = new float[ROWS][columns];
    for (int row = first; row < end; row += ROWS) {
      int count = Math.min(ROWS, end - row);
      for (int i = 0; i < count; i++) {
        decodeRow(tensor, row + i, weights[i]);
      }
      for (int m = 0; m < inputs.length; m++) {
        multiplyRows(inputs[m], weights, count, output, m, row);
      }
    }
  }

  private static void multiplyRows(
      float[] x, float[][] w, int count, Panels output, int outputRow, int outputColumn) {
    float[] sums = new float[ROWS];
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int k = 0; k < x.length; k++) {
      s0 = Math.fma(x[k], w[0][k], s0);
      s1 = Math.fma(x[k], w[1][k], s1);
      s2 = Math.fma(x[k], w[2][k], s2);
      s3 = Math.fma(x[k], w[3][k], s3);
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    for (int i = 0; i < count; i++) {
      output.set(outputRow, outputColumn + i, sums[i]);
    }
  }

  /** Decodes row {@code row} of a matrix into {@code target}, (columns). */
  static void decodeRow(Tensor tensor, long row, float[] target) {
    int blocks = (int) (tensor.shape().columns() / tensor.type().blockSize());
    BlockFormat.of(tensor.type()).decode(tensor.data(), row * tensor.rowBytes(), target, 0, blocks);
  }

  @Override
  void addProduct(
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
    long width = (long) Panels.WIDTH * Float.BYTES;
    for (int row = 0; row < rows; row++) {
      for (int j = 0; j < Panels.WIDTH; j++) {
        float sum = c.get(JAVA_FLOAT, co + row * width + 4L * j);
        for (int i = 0; i < k; i++) {
          long at = ao + i / Panels.WIDTH * aPanel + row * width + 4L * (i % Panels.WIDTH);
          sum = Math.fma(a.get(JAVA_FLOAT, at), b.get(JAVA_FLOAT, bo + i * width + 4L * j), sum);
        }
        c.set(JAVA_FLOAT, co + row * width + 4L * j, sum);
      }
    }
  }

  @Override
  void norm(Panels x, ParameterVector weight, float eps, Panels y, int from, int to, int worker) {
    RowOperations.norm(x, weight, eps, y, from, to);
  }

  @Override
  public void gate(Panels gate, Panels up, Activation activation) {
    eachRow(
        gate.rows(),
        (from, to, _) -> {
          for (int row = from; row < to; row++) {
            for (int c = 0; c < gate.width(); c++) {
              gate.set(row, c, activation.apply(gate.get(row, c)) * up.get(row, c));
            }
          }
        });
  }

  @Override
  public void attend(Attention attention) {
    attention.result().reshape(attention.queries().rows());
    for (Attention.Piece piece : attention.pieces()) {
      int heads = attention.heads().queries();
      pool.run(
          piece.rows() * heads,
          (task, _) -> attendHead(attention, piece, task / heads, task % heads));
    }
  }

  private static void attendHead(Attention attention, Attention.Piece piece, int index, int head) {
    Attention.Heads heads = attention.heads();
    KvCache cache = attention.cache();
    int position = piece.position() + index;
    int first = attention.first(position);
    int end = attention.end(piece, index);
    int kv = head / heads.group();
    int column = head * heads.dim();
    float[] scores = new float[end - first];
    float max = Float.NEGATIVE_INFINITY;
    for (int j = first; j < end; j++) {
      MemorySegment memory = cache.memory(piece.block(j));
      long keys = cache.keys(piece.block(j), attention.layer(), kv);
      float dot = 0;
      for (int d = 0; d < heads.dim(); d++) {
        float key = cache.get(memory, keys, (long) d * KvCache.BLOCK + j % KvCache.BLOCK);
        dot = Math.fma(attention.queries().get(piece.row() + index, column + d), key, dot);
      }
      float score = dot * heads.scale();
      if (heads.softCap() > 0) {
        score = heads.softCap() * Elementary.tanh(score / heads.softCap());
      }
      scores[j - first] = score;
      max = Math.max(max, score);
    }
    float inverse = 1 / exponentials(scores, max, first);
    int stride = cache.layout().valueDim();
    for (int d = 0; d < heads.dim(); d++) {
      float sum = 0;
      for (int j = first; j < end; j++) {
        MemorySegment memory = cache.memory(piece.block(j));
        long values = cache.values(piece.block(j), attention.layer(), kv);
        float value = cache.get(memory, values, (long) (j % KvCache.BLOCK) * stride + d);
        sum = Math.fma(scores[j - first], value, sum);
      }
      attention.result().set(piece.row() + index, column + d, sum * inverse);
    }
  }

  /** Replaces scores by exp(score - max) and returns their sum; lanes go by position. */
  private static float exponentials(float[] scores, float max, int first) {
    float[] lanes = new float[LANES];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Elementary.exp(scores[i] - max);
      lanes[(first + i) % LANES] += scores[i];
    }
    return RowOperations.sum(lanes);
  }
}
