package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link Attention} for one key-value head and a run of rows: the query heads that share the
 * key-value head, of all these rows, are the rows of one product with each block of keys, and again
 * with each block of values. Scores of all blocks are kept between the two. How the products and
 * the exponentials are computed is up to the kernel set.
 *
 * <p>Queries, scores and results are panel-major: [panel][row][32]. One thread at a time.
 */
abstract class TileAttention {
  static final int BLOCK = KvCache.BLOCK;

  /** Bytes of a row of a panel. */
  static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  /** Query rows of a tile, as far as the scores fit. */
  private static final int TILE_ROWS = 32;

  private static final int ALIGNMENT = 64;

  final Attention.Heads heads;
  final int valueDim;
  final MemorySegment queries;
  final MemorySegment scores;
  final MemorySegment results;

  /** Scratch for one worker. */
  TileAttention(Arena arena, Attention.Heads heads, int contextLength) {
    this.heads = heads;
    this.valueDim = Panels.roundUp(heads.dim());
    int rows = Math.max(TILE_ROWS, heads.group());
    queries = allocate(arena, (long) rows * valueDim);
    scores =
        allocate(arena, heads.group() * (long) Panels.roundUp(contextLength) + TILE_ROWS * 4096L);
    results = allocate(arena, (long) rows * valueDim);
  }

  static MemorySegment allocate(Arena arena, long floats) {
    return arena.allocate(floats * Float.BYTES, ALIGNMENT);
  }

  /** Rows of a piece that one task handles: as many as tile and score memory allow. */
  static int rowsPerTask(Attention.Heads heads) {
    return Math.max(1, TILE_ROWS / heads.group());
  }

  /** Computes one key-value head for the rows {@code [from, to)} of a piece. */
  void attend(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    int span = positions(attention, piece, from, to);
    long capacity = scores.byteSize() / Float.BYTES;
    int fit = (int) Math.max(1, capacity / ((long) heads.group() * span));
    for (int row = from; row < to; row += fit) {
      tile(attention, piece, kv, row, Math.min(to, row + fit));
    }
  }

  /** Positions, in whole blocks, that the rows {@code [from, to)} see. */
  private static int positions(Attention attention, Attention.Piece piece, int from, int to) {
    int first = attention.first(piece.position() + from) & -BLOCK;
    return Panels.roundUp(piece.position() + to) - first;
  }

  private void tile(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    int rows = (to - from) * heads.group();
    int start = attention.first(piece.position() + from) & -BLOCK;
    int end = piece.position() + to;
    int panels = (end - start + BLOCK - 1) / BLOCK;
    gather(attention, piece, kv, from, to);
    scoreBlocks(attention, piece, kv, rows, start, panels);
    results.fill((byte) 0);
    float[] factors = normalize(attention, piece, from, rows, start, panels);
    weighValues(attention, piece, kv, rows, start, end);
    scatter(attention, piece, kv, from, rows, factors);
  }

  /** Copies queries to a panel-major tile; row t * group + g is query head g of row t. */
  private void gather(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    Panels q = attention.queries();
    int rows = (to - from) * heads.group();
    for (int r = 0; r < rows; r++) {
      int row = piece.row() + from + r / heads.group();
      int column = (kv * heads.group() + r % heads.group()) * heads.dim();
      for (int d = 0; d < heads.dim(); d++) {
        long o =
            ((d / Panels.WIDTH * (long) rows + r) * Panels.WIDTH + d % Panels.WIDTH) * Float.BYTES;
        queries.set(ValueLayout.JAVA_FLOAT, o, q.get(row, column + d));
      }
    }
  }

  private void scoreBlocks(
      Attention attention, Attention.Piece piece, int kv, int rows, int start, int panels) {
    KvCache cache = attention.cache();
    scores.asSlice(0, panels * (rows * ROW)).fill((byte) 0);
    for (int p = 0; p < panels; p++) {
      int block = piece.block(start + p * BLOCK);
      long keys = cache.keys(block, attention.layer(), kv);
      score(cache, cache.memory(block), keys, rows, p * (rows * ROW));
    }
  }

  /** Scores to exponentials; returns 1 / sum per row. */
  private float[] normalize(
      Attention attention, Attention.Piece piece, int from, int rows, int start, int panels) {
    float[] factors = new float[rows];
    for (int r = 0; r < rows; r++) {
      int position = piece.position() + from + r / heads.group();
      int first = attention.first(position) - start;
      int end = position + 1 - start;
      factors[r] = softmax(r * ROW, rows * ROW, panels, first, end);
    }
    return factors;
  }

  private void weighValues(
      Attention attention, Attention.Piece piece, int kv, int rows, int start, int end) {
    KvCache cache = attention.cache();
    for (int at = start; at < end; at += BLOCK) {
      int count = Math.min(BLOCK, end - at);
      int block = piece.block(at);
      long values = cache.values(block, attention.layer(), kv);
      weigh(cache, cache.memory(block), values, rows, (at - start) / BLOCK * (rows * ROW), count);
    }
  }

  private void scatter(
      Attention attention, Attention.Piece piece, int kv, int from, int rows, float[] factors) {
    for (int r = 0; r < rows; r++) {
      int row = piece.row() + from + r / heads.group();
      int column = (kv * heads.group() + r % heads.group()) * heads.dim();
      output(r * ROW, rows * ROW, factors[r], attention.result(), row, column);
      if (column == 0) {
        attention.result().clearPadding(row);
      }
    }
  }

  /** Copies a row of the results, scaled, into the columns of its head. */
  private void output(long from, long stride, float factor, Panels y, int row, int column) {
    for (int d = 0; d < heads.dim(); d++) {
      long o = from + d / Panels.WIDTH * stride + 4L * (d % Panels.WIDTH);
      y.set(row, column + d, results.get(ValueLayout.JAVA_FLOAT, o) * factor);
    }
  }

  /**
   * Adds the products of all query rows with a block of keys to the scores.
   *
   * @param keys (dim, 32) at this offset of {@code memory}
   * @param to offset of the panel of scores
   */
  abstract void score(KvCache cache, MemorySegment memory, long keys, int rows, long to);

  /**
   * Replaces a row of scores by exp(score - max), after scale and cap; positions outside {@code
   * [first, end)}, relative to the first panel, become 0.
   *
   * @param from offset of the row in the first panel
   * @param stride bytes from panel to panel
   * @return 1 / the sum of the exponentials
   */
  abstract float softmax(long from, long stride, int panels, int first, int end);

  /**
   * Adds the products of a panel of exponentials with a block of values to the results.
   *
   * @param values (32, valueDim) at this offset of {@code memory}
   * @param from offset of the panel of exponentials
   * @param count positions of the block that are in use
   */
  abstract void weigh(
      KvCache cache, MemorySegment memory, long values, int rows, long from, int count);
}
