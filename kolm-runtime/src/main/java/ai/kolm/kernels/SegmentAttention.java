package ai.kolm.kernels;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * Causal attention for training: several sequences stand one behind the other in the rows of a
 * matrix, and each row sees the rows of its own sequence up to itself. {@link Attention} gives the
 * formula; keys and values are rows here, not a cache.
 *
 * <p>Nothing of the size of (rows, rows) is kept: {@link #backward} computes the weights of 32
 * query rows at a time again (Rabe and Staats 2021; Dao et al. 2022). With P the weights of the
 * tile, G the gradient of its result:
 *
 * <pre>{@code
 * gradient of v += P^T G
 * dP             = G V^T
 * dS             = P * (dP - rowsum(P * dP))         and times 1 - (s / softCap)^2 with a cap
 * gradient of q  = scale * dS K
 * gradient of k += scale * dS^T Q
 * }</pre>
 *
 * <p>A task is a key-value head of a sequence, with all query heads that share it, one after the
 * other: so sums over query rows have one order whatever the number of threads.
 */
public final class SegmentAttention {
  private final Kernels kernels;
  private final Arena arena;
  private final Attention.Heads heads;
  private final int maxRows;
  private final @Nullable SegmentHead[] workers;

  /**
   * @param arena for scratch memory, {@link #bytesPerWorker}
   * @param maxRows rows of the longest sequence
   */
  public SegmentAttention(Kernels kernels, Arena arena, Attention.Heads heads, int maxRows) {
    this.kernels = kernels;
    this.arena = arena;
    this.heads = heads;
    this.maxRows = maxRows;
    workers = new SegmentHead[kernels.pool().size()];
  }

  /** Bytes of what a worker computes with, at most. */
  public static long bytesPerWorker(int dim, int maxRows) {
    return Float.BYTES * (6L * Panels.roundUp(dim) + 7L * Panels.WIDTH) * Panels.roundUp(maxRows);
  }

  /**
   * Attention of all rows.
   *
   * @param q (rows, queryHeads * dim), rotated
   * @param k (rows, keyValueHeads * dim), rotated
   * @param v (rows, keyValueHeads * dim)
   * @param starts first row of each sequence, then the number of rows
   * @param window positions a row sees, its own included; 0 for all
   * @param result (rows, queryHeads * dim)
   */
  public void forward(Panels q, Panels k, Panels v, int[] starts, int window, Panels result) {
    result.reshape(q.rows());
    kernels
        .pool()
        .run(
            (starts.length - 1) * heads.keyValues(),
            (task, worker) -> {
              int segment = task / heads.keyValues();
              int head = task % heads.keyValues();
              SegmentHead mine = worker(worker);
              mine.begin(k, v, starts[segment], starts[segment + 1], head, window);
              for (int query = 0; query < heads.group(); query++) {
                mine.forward(q, head * heads.group() + query, result);
              }
            });
    clearPadding(result);
  }

  /**
   * Gradients of queries, keys and values.
   *
   * @param g gradient of the result
   * @param dq (rows, queryHeads * dim); overwritten, as are the next two
   * @param dk (rows, keyValueHeads * dim)
   * @param dv (rows, keyValueHeads * dim)
   */
  public void backward(
      Panels q,
      Panels k,
      Panels v,
      int[] starts,
      int window,
      Panels g,
      Panels dq,
      Panels dk,
      Panels dv) {
    dq.reshape(q.rows());
    dk.reshape(q.rows());
    dv.reshape(q.rows());
    kernels
        .pool()
        .run(
            (starts.length - 1) * heads.keyValues(),
            (task, worker) -> {
              int segment = task / heads.keyValues();
              int head = task % heads.keyValues();
              SegmentHead mine = worker(worker);
              mine.begin(k, v, starts[segment], starts[segment + 1], head, window);
              mine.clearGradients();
              for (int query = 0; query < heads.group(); query++) {
                mine.backward(q, head * heads.group() + query, g, dq);
              }
              mine.finish(dk, dv);
            });
    clearPadding(dq);
    clearPadding(dk);
    clearPadding(dv);
  }

  private static void clearPadding(Panels x) {
    for (int row = 0; row < x.rows() && x.width() % Panels.WIDTH != 0; row++) {
      x.clearPadding(row);
    }
  }

  private SegmentHead worker(int worker) {
    SegmentHead mine = workers[worker];
    if (mine == null) {
      mine = new SegmentHead(kernels, arena, heads, maxRows, worker);
      workers[worker] = mine;
    }
    return mine;
  }
}
