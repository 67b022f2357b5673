package ai.kolm.kernels;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Products of many rows with a frozen weight matrix W (outputs, columns) that stays as its file has
 * it, and with its transpose, for training:
 *
 * <pre>{@code
 * multiply             y[t][o]  = sum over c of x[t][c] * W[o][c]
 * multiplyTransposed   g[t][c] (+)= sum over o of d[t][o] * W[o][c]
 * }</pre>
 *
 * <p>A task decodes a strip of W by its {@link BlockFormat}, {@value #DEPTH} steps of the sum at a
 * time, and multiplies all rows with it while it lies in the first-level cache. For y the strip is
 * 32 outputs, transposed to [column][32 outputs]; for g it is one block of columns, which comes out
 * of the decoder as [output][32 columns] already. Decoding costs some 2 ns per weight and pass: a
 * few percent from 1,000 rows on.
 *
 * <p>One thread at a time; work is spread over the pool. Sums have the order that {@code
 * Kernels.multiplyAdd} promises, so results depend on nothing but the numbers.
 */
public final class FrozenProduct {
  /** Steps of the sum per strip: 16 KiB of decoded weights. */
  private static final int DEPTH = 128;

  /** The most columns of a block of a type. */
  private static final int MAX_BLOCK = 256;

  /** Scratch memory of a worker. */
  public static final long BYTES_PER_WORKER = Float.BYTES * MAX_BLOCK * (2L * DEPTH + Panels.WIDTH);

  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  private final Kernels kernels;
  private final Scratch[] scratch;

  /** Memory of one worker: decoded weights, and panels [step][32] of them. */
  private record Scratch(float[] decoded, float[] turned, MemorySegment strip) {
    static Scratch allocate(Arena arena) {
      return new Scratch(
          new float[DEPTH * MAX_BLOCK],
          new float[MAX_BLOCK * Panels.WIDTH],
          arena.allocate(DEPTH * MAX_BLOCK * (long) Float.BYTES, 64));
    }
  }

  /**
   * @param arena for scratch memory: 256 KiB per worker
   */
  public FrozenProduct(Kernels kernels, Arena arena) {
    this.kernels = kernels;
    scratch = new Scratch[kernels.pool().size()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = Scratch.allocate(arena);
    }
  }

  /**
   * y = x * W transposed.
   *
   * @param x (rows, columns)
   * @param y (rows, outputs); has the rows of x afterwards
   */
  public void multiply(Panels x, Matrix.Plain w, Panels y) {
    require(w, x.width(), y.width());
    y.reshape(x.rows());
    kernels.pool().run(y.panels(), (panel, worker) -> outputs(x, w.tensor(), y, panel, worker));
  }

  /**
   * g = d * W, or g += d * W.
   *
   * @param d (rows, outputs)
   * @param g (rows, columns); has the rows of d afterwards
   * @param add whether to add to what g holds
   */
  public void multiplyTransposed(Panels d, Matrix.Plain w, Panels g, boolean add) {
    require(w, g.width(), d.width());
    if (!add) {
      g.reshape(d.rows());
    } else if (g.rows() != d.rows()) {
      throw new IllegalArgumentException("%d rows to %d".formatted(d.rows(), g.rows()));
    }
    int span = Math.max(Panels.WIDTH, w.tensor().type().blockSize());
    int tasks = Math.ceilDiv(w.columns(), span);
    kernels
        .pool()
        .run(tasks, (task, worker) -> columns(d, w.tensor(), g, task * span, span, add, worker));
  }

  private static void require(Matrix.Plain w, int columns, int outputs) {
    if (w.columns() != columns || w.rows() != outputs) {
      throw new IllegalArgumentException(
          "%s: (%d, %d), but %d outputs of %d inputs"
              .formatted(w.name(), w.rows(), w.columns(), outputs, columns));
    }
  }

  /** One panel of y. */
  private void outputs(Panels x, Tensor w, Panels y, int panel, int worker) {
    Scratch mine = scratch[worker];
    int block = w.type().blockSize();
    int depth = Math.max(DEPTH, block);
    int columns = x.width();
    int first = panel * Panels.WIDTH;
    int outputs = Math.min(Panels.WIDTH, y.width() - first);
    BlockFormat format = BlockFormat.of(w.type());
    clear(y, first);
    for (int c = 0; c < columns; c += depth) {
      int count = Math.min(depth, columns - c);
      for (int o = 0; o < outputs; o++) {
        long at = (first + o) * w.rowBytes() + (long) (c / block) * w.type().blockBytes();
        format.decode(w.data(), at, mine.decoded, o * depth, count / block);
      }
      turn(mine.decoded, depth, outputs, count, mine.turned);
      MemorySegment.copy(
          mine.turned, 0, mine.strip, ValueLayout.JAVA_FLOAT, 0, count * Panels.WIDTH);
      kernels.multiplyAdd(
          worker,
          x.data(),
          x.offset(0, c),
          x.panelStride(),
          x.rows(),
          mine.strip,
          0,
          count,
          y.data(),
          y.offset(0, first));
    }
  }

  /** [output][column] to [column][32 outputs], with zeros for outputs that are not there. */
  private static void turn(float[] from, int stride, int outputs, int columns, float[] to) {
    for (int o = 0; o < outputs; o++) {
      for (int c = 0; c < columns; c++) {
        to[c * Panels.WIDTH + o] = from[o * stride + c];
      }
    }
    for (int o = outputs; o < Panels.WIDTH; o++) {
      for (int c = 0; c < columns; c++) {
        to[c * Panels.WIDTH + o] = 0;
      }
    }
  }

  /** The panels of g that one block of columns covers. */
  private void columns(Panels d, Tensor w, Panels g, int first, int span, boolean add, int worker) {
    Scratch mine = scratch[worker];
    int block = w.type().blockSize();
    int width = Math.min(span, g.width() - first);
    int panels = Math.ceilDiv(width, Panels.WIDTH);
    BlockFormat format = BlockFormat.of(w.type());
    for (int p = 0; p < panels && !add; p++) {
      clear(g, first + p * Panels.WIDTH);
    }
    for (int o = 0; o < d.width(); o += DEPTH) {
      int count = Math.min(DEPTH, d.width() - o);
      for (int i = 0; i < count; i++) {
        long at = (o + i) * w.rowBytes() + (long) (first / block) * w.type().blockBytes();
        format.decode(w.data(), at, mine.decoded, i * span, width / block);
      }
      for (int p = 0; p < panels; p++) {
        strip(mine, p, span, width, count);
        kernels.multiplyAdd(
            worker,
            d.data(),
            d.offset(0, o),
            d.panelStride(),
            d.rows(),
            mine.strip,
            0,
            count,
            g.data(),
            g.offset(0, first + p * Panels.WIDTH));
      }
    }
  }

  /** Columns {@code [32p, 32p + 32)} of decoded blocks, with zeros past the width. */
  private static void strip(Scratch mine, int p, int span, int width, int count) {
    int from = p * Panels.WIDTH;
    int columns = Math.min(Panels.WIDTH, width - from);
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(
          mine.decoded, i * span + from, mine.strip, ValueLayout.JAVA_FLOAT, i * ROW, columns);
      for (int c = columns; c < Panels.WIDTH; c++) {
        mine.strip.set(ValueLayout.JAVA_FLOAT, i * ROW + 4L * c, 0);
      }
    }
  }

  private static void clear(Panels y, int column) {
    y.data().asSlice(y.offset(0, column), y.rows() * ROW).fill((byte) 0);
  }
}
