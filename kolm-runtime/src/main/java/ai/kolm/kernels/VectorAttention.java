package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Attention} for one key-value head and a run of rows: the query heads that share the
 * key-value head, of all these rows, are the rows of one {@link VectorTile} product with each block
 * of keys, and again with each block of values. Scores of all blocks are kept between the two.
 */
final class VectorAttention {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = F.length();

  private static final int BLOCK = KvCache.BLOCK;
  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  /** Query rows of a tile, as far as the scores fit. */
  private static final int TILE_ROWS = 32;

  private static final int ALIGNMENT = 64;

  private final Attention.Heads heads;
  private final int valueDim;
  private final MemorySegment queries;
  private final MemorySegment scores;
  private final MemorySegment results;
  private final MemorySegment panel;
  private final MemorySegment sums;

  /** Scratch for one worker. */
  VectorAttention(Arena arena, Attention.Heads heads, int contextLength) {
    this.heads = heads;
    this.valueDim = Panels.roundUp(heads.dim());
    int rows = Math.max(TILE_ROWS, heads.group());
    queries = allocate(arena, (long) rows * valueDim);
    scores =
        allocate(arena, heads.group() * (long) Panels.roundUp(contextLength) + TILE_ROWS * 4096L);
    results = allocate(arena, (long) rows * valueDim);
    panel = allocate(arena, (long) valueDim * BLOCK);
    sums = allocate(arena, Kernels.LANES);
  }

  private static MemorySegment allocate(Arena arena, long floats) {
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
      MemorySegment memory = cache.memory(block);
      long keys = cache.keys(block, attention.layer(), kv);
      MemorySegment b = memory;
      long bo = keys;
      if (cache.layout().precision() == KvCache.Precision.HALF) {
        widen(memory, keys, heads.dim() * BLOCK, panel);
        b = panel;
        bo = 0;
      }
      VectorTile.multiply(
          queries, 0, rows * ROW, rows, b, bo, ROW, heads.dim(), scores, p * (rows * ROW), ROW);
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
      float max =
          VectorRows.scores(
              scores, r * ROW, rows * ROW, panels, first, end, heads.scale(), heads.softCap());
      VectorRows.exponentials(scores, r * ROW, rows * ROW, panels, max, sums, 0);
      factors[r] = 1 / VectorRows.sum(sums, 0);
    }
    return factors;
  }

  private void weighValues(
      Attention attention, Attention.Piece piece, int kv, int rows, int start, int end) {
    KvCache cache = attention.cache();
    for (int at = start; at < end; at += BLOCK) {
      int count = Math.min(BLOCK, end - at);
      int block = piece.block(at);
      MemorySegment memory = cache.memory(block);
      long values = cache.values(block, attention.layer(), kv);
      MemorySegment b = memory;
      long bo = values;
      if (cache.layout().precision() == KvCache.Precision.HALF) {
        widen(memory, values, count * valueDim, panel);
        b = panel;
        bo = 0;
      }
      long a = (at - start) / BLOCK * (rows * ROW);
      for (int d = 0; d < valueDim; d += Panels.WIDTH) {
        VectorTile.multiply(
            scores,
            a,
            0,
            rows,
            b,
            bo + 4L * d,
            4L * valueDim,
            count,
            results,
            d / Panels.WIDTH * (rows * ROW),
            ROW);
      }
    }
  }

  private void scatter(
      Attention attention, Attention.Piece piece, int kv, int from, int rows, float[] factors) {
    for (int r = 0; r < rows; r++) {
      int row = piece.row() + from + r / heads.group();
      int column = (kv * heads.group() + r % heads.group()) * heads.dim();
      VectorRows.output(
          results, r * ROW, rows * ROW, factors[r], attention.result(), row, column, heads.dim());
      if (column == 0) {
        attention.result().clearPadding(row);
      }
    }
  }

  /**
   * Half to single precision, {@code count} numbers, a multiple of 32; see {@link VectorScales}.
   */
  private static void widen(MemorySegment source, long from, int count, MemorySegment target) {
    for (int i = 0; i < count; i += LANES) {
      IntVector bits =
          (IntVector) ShortVector.fromMemorySegment(S, source, from + 2L * i, LE).castShape(I, 0);
      bits.lanewise(LSHL, 13)
          .and(VectorScales.HALF_MASK)
          .reinterpretAsFloats()
          .mul(VectorScales.HALF_SCALE)
          .intoMemorySegment(target, 4L * i, LE);
    }
  }
}
