package ai.kolm.kernels;

import java.lang.foreign.Arena;

/**
 * The products of {@link LowRank} matrices with activations, forward and backward. With x (tokens,
 * inputs), y (tokens, outputs) and its gradient d:
 *
 * <pre>{@code
 * down       z  = scale * x A^T                        (tokens, rank), kept for the way back
 * up         y += z B^T
 * backward   e  = scale * d B                          (tokens, rank)
 *            gradient of B += d^T z                    kept transposed: z^T d
 *            gradient of A += e^T x
 *            gradient of x += e A
 * }</pre>
 *
 * <p>Only the thin matrices z and e are ever transposed. One thread at a time; work is spread over
 * the pool by rows or by panels, never within a sum.
 */
public final class LowRankProduct {
  /** Rows of activations per task, and steps of a sum per call: both from one cache. */
  private static final int BLOCK = 128;

  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  private final Kernels kernels;
  private final Panels e; // (tokens, rank)
  private final Panels thinTurned; // (rank, tokens)
  private final float[] block = new float[Panels.WIDTH * Panels.WIDTH];

  /**
   * @param tokens the most rows of activations
   * @param rank the highest
   */
  public LowRankProduct(Kernels kernels, Arena arena, int tokens, int rank) {
    this.kernels = kernels;
    e = Panels.allocate(arena, tokens, rank);
    thinTurned = Panels.allocate(arena, rank, tokens);
  }

  /** Bytes of what this computes with. */
  public static long bytes(int tokens, int rank) {
    return Float.BYTES
        * ((long) tokens * Panels.roundUp(rank) + (long) rank * Panels.roundUp(tokens));
  }

  /** y += scale * B (A x); z receives what {@link #backward} needs. */
  public void forward(Panels x, LowRank w, Panels z, Panels y) {
    thin(x, w, z);
    kernels.pool().run(y.panels(), (panel, worker) -> wide(z, w.b(), y, panel, worker));
  }

  /** Only z of {@link #forward}. */
  public void thin(Panels x, LowRank w, Panels z) {
    thin(x, w.aTurned(), w.scale(), z.reshape(x.rows()));
  }

  /**
   * Adds to the gradients of A, B and x.
   *
   * @param x what came in
   * @param z as {@link #forward} left it
   * @param d gradient of y
   * @param g gradient of x; added to
   */
  public void backward(Panels x, LowRank w, Panels z, Panels d, Panels g) {
    thin(d, w.bTurned(), w.scale(), e.reshape(d.rows()));
    gradient(z, d, w.bGradient());
    gradient(e, x, w.aGradient());
    kernels.pool().run(g.panels(), (panel, worker) -> wide(e, w.a(), g, panel, worker));
  }

  /** thin = scale * wide * turned: sums over the columns of {@code wide}. */
  private void thin(Panels wide, Panels turned, float scale, Panels thin) {
    int tasks = Math.ceilDiv(wide.rows(), BLOCK);
    kernels
        .pool()
        .run(
            tasks,
            (task, worker) -> {
              int from = task * BLOCK;
              int rows = Math.min(BLOCK, wide.rows() - from);
              for (int p = 0; p < thin.panels(); p++) {
                long to = thin.offset(from, p * Panels.WIDTH);
                thin.data().asSlice(to, rows * ROW).fill((byte) 0);
                for (int c = 0; c < wide.width(); c += BLOCK) {
                  kernels.multiplyAdd(
                      worker,
                      wide.data(),
                      wide.offset(from, c),
                      wide.panelStride(),
                      rows,
                      turned.data(),
                      turned.offset(c, p * Panels.WIDTH),
                      Math.min(BLOCK, wide.width() - c),
                      thin.data(),
                      to);
                }
              }
              RowOperations.scale(thin, scale, from, from + rows);
            });
  }

  /** A panel of wide += thin * w: sums over the rank. */
  private void wide(Panels thin, Panels w, Panels wide, int panel, int worker) {
    kernels.multiplyAdd(
        worker,
        thin.data(),
        0,
        thin.panelStride(),
        thin.rows(),
        w.data(),
        w.offset(0, panel * Panels.WIDTH),
        thin.width(),
        wide.data(),
        wide.offset(0, panel * Panels.WIDTH));
  }

  /** gradient += thin^T * wide: sums over tokens. */
  private void gradient(Panels thin, Panels wide, Panels gradient) {
    turn(thin);
    int tokens = thin.rows();
    kernels
        .pool()
        .run(
            wide.panels(),
            (panel, worker) -> {
              for (int t = 0; t < tokens; t += BLOCK) {
                kernels.multiplyAdd(
                    worker,
                    thinTurned.data(),
                    thinTurned.offset(0, t),
                    thinTurned.panelStride(),
                    thin.width(),
                    wide.data(),
                    wide.offset(t, panel * Panels.WIDTH),
                    Math.min(BLOCK, tokens - t),
                    gradient.data(),
                    gradient.offset(0, panel * Panels.WIDTH));
              }
            });
  }

  private void turn(Panels thin) {
    thinTurned.reshape(thin.width());
    for (int row = 0; row < thin.rows(); row += Panels.WIDTH) {
      Transpose.turnRows(thin, thinTurned, row, block);
    }
  }
}
