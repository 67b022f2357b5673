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

  /** Per row of the tile, what its results are multiplied with. */
  final MemorySegment factors;

  /** Per row the first of the panels' positions that it sees, and the end of those, as longs. */
  final MemorySegment bounds;

  /** The address of the keys or values that are read after these: to be fetched meanwhile. */
  long next;

  /** Scratch for one worker. */
  TileAttention(Arena arena, Attention.Heads heads, int contextLength) {
    this.heads = heads;
    this.valueDim = Panels.roundUp(heads.dim());
    int rows = Math.max(TILE_ROWS, heads.group());
    queries = allocate(arena, (long) rows * valueDim);
    scores =
        allocate(arena, heads.group() * (long) Panels.roundUp(contextLength) + TILE_ROWS * 4096L);
    results = allocate(arena, (long) rows * valueDim);
    factors = allocate(arena, rows);
    bounds = arena.allocate(2L * Long.BYTES * rows, ALIGNMENT);
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
    return Panels.roundUp(attention.end(piece, to - 1)) - first;
  }

  private void tile(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    int rows = (to - from) * heads.group();
    int start = attention.first(piece.position() + from) & -BLOCK;
    int end = attention.end(piece, to - 1);
    int panels = (end - start + BLOCK - 1) / BLOCK;
    gather(attention, piece, kv, from, to);
    scoreBlocks(attention, piece, kv, rows, start, panels);
    normalize(attention, piece, from, rows, start, panels);
    weighValues(attention, piece, kv, rows, start, end);
    scatter(attention, piece, kv, from, to);
  }

  /** Copies queries to a panel-major tile; row t * group + g is query head g of row t. */
  private void gather(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    Panels q = attention.queries();
    int first = piece.row() + from;
    long rows = (long) (to - from) * heads.group();
    for (int g = 0; g < heads.group(); g++) {
      int column = (kv * heads.group() + g) * heads.dim();
      if (heads.dim() % Panels.WIDTH == 0) {
        for (int d = 0; d < heads.dim(); d += Panels.WIDTH) {
          gather(q, first, column + d, to - from, (d / Panels.WIDTH * rows + g) * ROW);
        }
        continue;
      }
      for (int t = 0; t < to - from; t++) {
        for (int d = 0; d < heads.dim(); d++) {
          long o = element(rows, t * heads.group() + g, d);
          queries.set(ValueLayout.JAVA_FLOAT, o, q.get(first + t, column + d));
        }
      }
    }
  }

  /** Offset of dimension {@code d} of row {@code row} in a tile of {@code rows} rows. */
  private static long element(long rows, int row, int d) {
    return (d / Panels.WIDTH * rows + row) * ROW + (long) Float.BYTES * (d % Panels.WIDTH);
  }

  /**
   * Copies 32 columns of {@code rows} rows to the queries, a group of rows apart.
   *
   * @param to offset of the first
   */
  void gather(Panels q, int row, int column, int rows, long to) {
    for (int t = 0; t < rows; t++) {
      long target = to + t * (heads.group() * ROW);
      MemorySegment.copy(q.data(), q.offset(row + t, column), queries, target, ROW);
    }
  }

  private void scoreBlocks(
      Attention attention, Attention.Piece piece, int kv, int rows, int start, int panels) {
    KvCache cache = attention.cache();
    for (int p = 0; p < panels; p++) {
      int block = piece.block(start + p * BLOCK);
      long keys = cache.keys(block, attention.layer(), kv);
      next =
          p + 1 < panels
              ? keys(attention, piece.block(start + (p + 1) * BLOCK), kv)
              : values(attention, piece.block(start), kv);
      score(cache, cache.memory(block), keys, rows, p * (rows * ROW));
    }
  }

  /** Scores to exponentials; 1 / sum per row to the factors. */
  private void normalize(
      Attention attention, Attention.Piece piece, int from, int rows, int start, int panels) {
    for (int r = 0; r < rows; r++) {
      int index = from + r / heads.group();
      int first = attention.first(piece.position() + index) - start;
      bounds(r, first, attention.end(piece, index) - start);
    }
    normalize(rows, panels);
  }

  /** Sets what a row sees. */
  final void bounds(int row, int first, int end) {
    bounds.setAtIndex(ValueLayout.JAVA_LONG, 2L * row, first);
    bounds.setAtIndex(ValueLayout.JAVA_LONG, 2L * row + 1, end);
  }

  private static long keys(Attention attention, int block, int kv) {
    KvCache cache = attention.cache();
    return cache.memory(block).address() + cache.keys(block, attention.layer(), kv);
  }

  private static long values(Attention attention, int block, int kv) {
    KvCache cache = attention.cache();
    return cache.memory(block).address() + cache.values(block, attention.layer(), kv);
  }

  private void weighValues(
      Attention attention, Attention.Piece piece, int kv, int rows, int start, int end) {
    KvCache cache = attention.cache();
    for (int at = start; at < end; at += BLOCK) {
      int count = Math.min(BLOCK, end - at);
      int block = piece.block(at);
      long values = cache.values(block, attention.layer(), kv);
      next = values(attention, piece.block(Math.min(at + BLOCK, end - 1)), kv);
      long from = (at - start) / BLOCK * (rows * ROW);
      weigh(cache, cache.memory(block), values, rows, from, count, at == start);
    }
  }

  /** Copies the results, scaled, into the columns of their heads. */
  private void scatter(Attention attention, Attention.Piece piece, int kv, int from, int to) {
    Panels y = attention.result();
    int first = piece.row() + from;
    long rows = (long) (to - from) * heads.group();
    for (int g = 0; g < heads.group(); g++) {
      int column = (kv * heads.group() + g) * heads.dim();
      if (heads.dim() % Panels.WIDTH == 0) {
        for (int d = 0; d < heads.dim(); d += Panels.WIDTH) {
          scatter((d / Panels.WIDTH * rows + g) * ROW, g, y, first, column + d, to - from);
        }
        continue;
      }
      for (int t = 0; t < to - from; t++) {
        int row = t * heads.group() + g;
        for (int d = 0; d < heads.dim(); d++) {
          float sum = results.get(ValueLayout.JAVA_FLOAT, element(rows, row, d));
          y.set(first + t, column + d, sum * factor(row));
        }
        if (column == 0) {
          y.clearPadding(first + t);
        }
      }
    }
  }

  /**
   * Copies {@code rows} rows of 32 results, a group of rows apart, to 32 columns of y, each times
   * its factor.
   *
   * @param from offset of the first
   * @param g its row in the tile
   */
  void scatter(long from, int g, Panels y, int row, int column, int rows) {
    for (int t = 0; t < rows; t++) {
      int tileRow = t * heads.group() + g;
      long source = from + t * (heads.group() * ROW);
      long target = y.offset(row + t, column);
      float factor = factor(tileRow);
      for (long o = 0; o < ROW; o += Float.BYTES) {
        float sum = results.get(ValueLayout.JAVA_FLOAT, source + o);
        y.data().set(ValueLayout.JAVA_FLOAT, target + o, sum * factor);
      }
    }
  }

  private float factor(int row) {
    return factors.get(ValueLayout.JAVA_FLOAT, (long) Float.BYTES * row);
  }

  /**
   * Sets a panel of scores to the products of all query rows with a block of keys.
   *
   * @param keys (dim, 32) at this offset of {@code memory}
   * @param to offset of the panel of scores
   */
  abstract void score(KvCache cache, MemorySegment memory, long keys, int rows, long to);

  /**
   * Replaces scores by exp(score - max of the row), after scale and cap; those outside of the row's
   * {@link #bounds} become 0. Sets {@link #factors} to 1 / the sum of a row's exponentials.
   *
   * @param rows of the tile
   */
  abstract void normalize(int rows, int panels);

  /**
   * Adds the products of a panel of exponentials with a block of values to the results, or sets
   * them to those of the first.
   *
   * @param values (32, valueDim) at this offset of {@code memory}
   * @param from offset of the panel of exponentials
   * @param count positions of the block that are in use
   * @param first whether results begin
   */
  abstract void weigh(
      KvCache cache,
      MemorySegment memory,
      long values,
      int rows,
      long from,
      int count,
      boolean first);
}
