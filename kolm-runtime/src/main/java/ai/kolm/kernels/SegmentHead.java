package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One key-value head of one sequence in {@link SegmentAttention}. Scores are kept with keys as
 * rows, [key][32 query rows]: maxima and sums over keys then run down the lanes, never across, and
 * that form is the left side of the products that give the gradients of keys and values.
 *
 * <p>Scratch memory of one worker:
 *
 * <pre>{@code
 * keys, values                 [dim / 32][row][32]      rows of the sequence
 * keysTurned, valuesTurned     [row / 32][dim][32]
 * keyGradient, valueGradient   [dim / 32][row][32]
 * weights, gradients           [key][32 query rows]
 * query, result                [dim / 32][32 rows][32]  one tile
 * queryTurned, resultTurned    [dim][32 rows]
 * }</pre>
 */
final class SegmentHead {
  private static final int W = Panels.WIDTH;
  private static final long ROW = (long) W * Float.BYTES;
  private static final long TILE = W * ROW;

  private final Kernels kernels;
  private final Attention.Heads heads;
  private final int worker;
  private final int dim;
  private final int dimPanels;

  private final MemorySegment keys;
  private final MemorySegment values;
  private final MemorySegment keysTurned;
  private final MemorySegment valuesTurned;
  private final MemorySegment keyGradient;
  private final MemorySegment valueGradient;
  private final MemorySegment weights;
  private final MemorySegment gradients;
  private final MemorySegment query;
  private final MemorySegment result;
  private final MemorySegment queryTurned;
  private final MemorySegment resultTurned;
  private final float[] block = new float[W * W];
  private final float[] lanes = new float[W];
  private final float[] sums = new float[W];
  private final float[] weightValues; // the weights of a tile, [key][32 query rows]
  private final float[] gradientValues; // their gradients
  private final float[] capped; // scores / softCap
  private final Exponentials exponentials;

  // The sequence and head being computed.
  private int start;
  private int rows;
  private int head;
  private int window;

  SegmentHead(Kernels kernels, Arena arena, Attention.Heads heads, int maxRows, int worker) {
    this.kernels = kernels;
    this.heads = heads;
    this.worker = worker;
    this.dim = heads.dim();
    this.dimPanels = Panels.roundUp(dim) / W;
    long whole = Panels.roundUp(maxRows);
    long side = dimPanels * whole * ROW;
    keys = arena.allocate(side, 64);
    values = arena.allocate(side, 64);
    keysTurned = arena.allocate(side, 64);
    valuesTurned = arena.allocate(side, 64);
    keyGradient = arena.allocate(side, 64);
    valueGradient = arena.allocate(side, 64);
    weights = arena.allocate(whole * ROW, 64);
    gradients = arena.allocate(whole * ROW, 64);
    int most = Math.toIntExact(whole * W);
    weightValues = new float[most];
    gradientValues = new float[most];
    capped = new float[heads.softCap() > 0 ? most : 0];
    exponentials = new Exponentials(most);
    query = arena.allocate(dimPanels * TILE, 64);
    result = arena.allocate(dimPanels * TILE, 64);
    queryTurned = arena.allocate(dimPanels * TILE, 64);
    resultTurned = arena.allocate(dimPanels * TILE, 64);
  }

  /** Takes keys and values of the rows {@code [start, end)}. */
  void begin(Panels k, Panels v, int newStart, int end, int newHead, int newWindow) {
    start = newStart;
    rows = end - newStart;
    head = newHead;
    window = newWindow;
    gather(k, start, rows, head * dim, keys, rows);
    gather(v, start, rows, head * dim, values, rows);
    turn(keys, keysTurned);
    turn(values, valuesTurned);
  }

  /** [dim / 32][row][32] to [row / 32][dim][32]. */
  private void turn(MemorySegment from, MemorySegment to) {
    for (int row = 0; row < rows; row += W) {
      for (int p = 0; p < dimPanels; p++) {
        Transpose.turn(
            from,
            (p * rows + row) * ROW,
            Math.min(W, rows - row),
            to,
            ((long) (row / W) * dim + (long) p * W) * ROW,
            Math.min(W, dim - p * W),
            block);
      }
    }
  }

  void clearGradients() {
    keyGradient.asSlice(0, (long) dimPanels * rows * ROW).fill((byte) 0);
    valueGradient.asSlice(0, (long) dimPanels * rows * ROW).fill((byte) 0);
  }

  /** All rows of one query head. */
  void forward(Panels q, int queryHead, Panels out) {
    for (int tile = 0; tile < rows; tile += W) {
      int count = Math.min(W, rows - tile);
      int first = first(tile);
      weigh(q, queryHead, tile, count, first);
      resultTurned.asSlice(0, dim * ROW).fill((byte) 0);
      multiply(
          valuesTurned,
          (long) (first / W) * dim * ROW,
          dim * ROW,
          dim,
          weights,
          tile + count - first);
      scatter(resultTurned, out, start + tile, count, queryHead * dim);
    }
  }

  /** Adds the gradients that come by one query head; sets those of its queries. */
  void backward(Panels q, int queryHead, Panels g, Panels dq) {
    for (int tile = 0; tile < rows; tile += W) {
      int count = Math.min(W, rows - tile);
      int first = first(tile);
      int n = tile + count - first;
      weigh(q, queryHead, tile, count, first);
      gather(g, start + tile, count, queryHead * dim, result, W);
      turnTile(result, resultTurned);
      gradients.asSlice(0, n * ROW).fill((byte) 0);
      kernels.multiplyAdd(
          worker, values, first * ROW, rows * ROW, n, resultTurned, 0, dim, gradients, 0);
      scoreGradients(n);
      addOuter(weights, result, valueGradient, first, n);
      addOuter(gradients, query, keyGradient, first, n);
      resultTurned.asSlice(0, dim * ROW).fill((byte) 0);
      multiply(keysTurned, (long) (first / W) * dim * ROW, dim * ROW, dim, gradients, n);
      scatter(resultTurned, dq, start + tile, count, queryHead * dim);
    }
  }

  /** Writes the gradients of keys and values to their rows. */
  void finish(Panels dk, Panels dv) {
    spread(keyGradient, dk);
    spread(valueGradient, dv);
  }

  /** The first key, a multiple of 32, that some row of the tile sees. */
  private int first(int tile) {
    return window == 0 ? 0 : Math.max(0, tile - window + 1) / W * W;
  }

  private void multiply(MemorySegment a, long ao, long aPanel, int count, MemorySegment b, int k) {
    kernels.multiplyAdd(worker, a, ao, aPanel, count, b, 0, k, resultTurned, 0);
  }

  /** target [first + key][dim] += scores [key][32 rows] times tile [32 rows][dim]. */
  private void addOuter(
      MemorySegment scores, MemorySegment tile, MemorySegment target, int first, int n) {
    for (int p = 0; p < dimPanels; p++) {
      kernels.multiplyAdd(
          worker, scores, 0, ROW, n, tile, p * TILE, W, target, ((long) p * rows + first) * ROW);
    }
  }

  /** Attention weights of a tile. */
  private void weigh(Panels q, int queryHead, int tile, int count, int first) {
    float[] w = weightValues;
    int n = tile + count - first;
    gather(q, start + tile, count, queryHead * dim, query, W);
    turnTile(query, queryTurned);
    weights.asSlice(0, n * ROW).fill((byte) 0);
    kernels.multiplyAdd(worker, keys, first * ROW, rows * ROW, n, queryTurned, 0, dim, weights, 0);
    MemorySegment.copy(weights, JAVA_FLOAT, 0, weightValues, 0, n * W);
    scale(n);
    hide(tile, first, n);
    Arrays.fill(lanes, Float.NEGATIVE_INFINITY);
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        lanes[lane] = Math.max(lanes[lane], w[j + lane]);
      }
    }
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        w[j + lane] -= lanes[lane];
      }
    }
    exponentials.apply(weightValues, n * W);
    normalize(n);
    MemorySegment.copy(weightValues, 0, weights, JAVA_FLOAT, 0, n * W);
  }

  private void scale(int n) {
    float[] w = weightValues;
    float scale = heads.scale();
    for (int i = 0; i < n * W; i++) {
      w[i] *= scale;
    }
    for (int i = 0; i < n * W && heads.softCap() > 0; i++) {
      capped[i] = Elementary.tanh(w[i] / heads.softCap());
      w[i] = heads.softCap() * capped[i];
    }
  }

  /** Takes out the scores that a row does not see. */
  private void hide(int tile, int first, int n) {
    float[] w = weightValues;
    for (int j = 0; j < n; j++) {
      int key = first + j;
      // Before the tile, and within every row's window: all see it.
      if (key <= tile && (window == 0 || tile + W - 1 - key < window)) {
        continue;
      }
      for (int lane = 0; lane < W; lane++) {
        // Lanes past the last row compute what it does: not-a-number times zero is no zero.
        int distance = Math.min(tile + lane, rows - 1) - key;
        if (distance < 0 || (window > 0 && distance >= window)) {
          w[j * W + lane] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  private void normalize(int n) {
    float[] w = weightValues;
    Arrays.fill(sums, 0);
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        sums[lane] += w[j + lane];
      }
    }
    for (int lane = 0; lane < W; lane++) {
      sums[lane] = 1 / sums[lane];
    }
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        w[j + lane] *= sums[lane];
      }
    }
  }

  /** Gradients of weights to gradients of products of queries and keys. */
  private void scoreGradients(int n) {
    float[] w = weightValues;
    float[] g = gradientValues;
    MemorySegment.copy(gradients, JAVA_FLOAT, 0, gradientValues, 0, n * W);
    Arrays.fill(sums, 0);
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        sums[lane] = Math.fma(w[j + lane], g[j + lane], sums[lane]);
      }
    }
    float scale = heads.scale();
    for (int j = 0; j < n * W; j += W) {
      for (int lane = 0; lane < W; lane++) {
        g[j + lane] = scale * w[j + lane] * (g[j + lane] - sums[lane]);
      }
    }
    for (int i = 0; i < n * W && heads.softCap() > 0; i++) {
      g[i] *= 1 - capped[i] * capped[i];
    }
    MemorySegment.copy(gradientValues, 0, gradients, JAVA_FLOAT, 0, n * W);
  }

  private void turnTile(MemorySegment from, MemorySegment to) {
    for (int p = 0; p < dimPanels; p++) {
      Transpose.turn(from, p * TILE, W, to, p * TILE, Math.min(W, dim - p * W), block);
    }
  }

  /**
   * Copies the dimensions {@code [column, column + dim)} of rows to panels of {@code stride} rows;
   * rows and columns that are not there become zero.
   */
  private void gather(Panels x, int row, int count, int column, MemorySegment to, int stride) {
    for (int p = 0; p < dimPanels; p++) {
      long base = (long) p * stride * ROW;
      int width = Math.min(W, dim - p * W);
      int c = column + p * W;
      if (width == W && c % W == 0) {
        MemorySegment.copy(x.data(), x.offset(row, c), to, base, count * ROW);
      } else {
        to.asSlice(base, count * ROW).fill((byte) 0);
        for (int r = 0; r < count; r++) {
          for (int d = 0; d < width; d++) {
            to.set(JAVA_FLOAT, base + r * ROW + 4L * d, x.get(row + r, c + d));
          }
        }
      }
      to.asSlice(base + count * ROW, (stride - count) * ROW).fill((byte) 0);
    }
  }

  /** Writes [dim][32 rows] to dimensions of rows. */
  private void scatter(MemorySegment turned, Panels x, int row, int count, int column) {
    for (int d = 0; d < dim; d++) {
      for (int r = 0; r < count; r++) {
        x.set(row + r, column + d, turned.get(JAVA_FLOAT, d * ROW + 4L * r));
      }
    }
  }

  /** Writes [dim / 32][row][32] to the rows of the sequence. */
  private void spread(MemorySegment from, Panels x) {
    for (int p = 0; p < dimPanels; p++) {
      long base = (long) p * rows * ROW;
      int width = Math.min(W, dim - p * W);
      int c = head * dim + p * W;
      if (width == W && c % W == 0) {
        MemorySegment.copy(from, base, x.data(), x.offset(start, c), rows * ROW);
        continue;
      }
      for (int r = 0; r < rows; r++) {
        for (int d = 0; d < width; d++) {
          x.set(start + r, c + d, from.get(JAVA_FLOAT, base + r * ROW + 4L * d));
        }
      }
    }
  }
}
