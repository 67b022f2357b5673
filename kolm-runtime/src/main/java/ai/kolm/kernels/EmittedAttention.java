package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Attention in machine code: {@link PanelCode} on keys and values, {@link SoftmaxCode} between. */
final class EmittedAttention extends TileAttention {
  private final EmittedCode code;
  private final MemorySegment constants;
  private final Parameters parameters;

  private final MemorySegment windows;

  /** Scratch for one worker. */
  EmittedAttention(
      Arena arena,
      Attention.Heads heads,
      int contextLength,
      EmittedCode code,
      MemorySegment constants,
      Parameters parameters) {
    super(arena, heads, contextLength);
    this.code = code;
    this.constants = constants;
    this.parameters = parameters;
    windows = SoftmaxCode.windows(arena);
  }

  @Override
  void gather(Panels q, int row, int column, int rows, long to) {
    check(queries, to, rows);
    Parameters p = parameters;
    p.set(PanelRowCode.X, q.address(row, column));
    p.set(PanelRowCode.X_STRIDE, q.rowStride());
    p.set(PanelRowCode.Y, queries.address() + to);
    p.set(PanelRowCode.Y_STRIDE, heads.group() * ROW);
    p.set(PanelRowCode.FACTORS, Constants.ONE.in(constants));
    p.set(PanelRowCode.FACTOR_STRIDE, 0);
    copy(p, q, row, rows);
  }

  @Override
  void scatter(long from, int g, Panels y, int row, int column, int rows) {
    check(results, from, rows);
    Parameters p = parameters;
    p.set(PanelRowCode.X, results.address() + from);
    p.set(PanelRowCode.X_STRIDE, heads.group() * ROW);
    p.set(PanelRowCode.Y, y.address(row, column));
    p.set(PanelRowCode.Y_STRIDE, y.rowStride());
    p.set(PanelRowCode.FACTORS, factors.address() + (long) g * Float.BYTES);
    p.set(PanelRowCode.FACTOR_STRIDE, (long) heads.group() * Float.BYTES);
    copy(p, y, row, rows);
  }

  private void copy(Parameters p, Panels panels, int row, int rows) {
    panels.address(row + rows - 1, 0); // is there
    p.set(PanelRowCode.ROWS, rows);
    code.panelRows().copy().call(p.address());
  }

  /** Whether {@code rows} rows, a group apart, lie within the tile. */
  private void check(MemorySegment tile, long first, int rows) {
    long last = first + (rows - 1) * (heads.group() * ROW);
    if (first < 0 || rows < 1 || last + ROW > tile.byteSize()) {
      throw new IndexOutOfBoundsException("%d rows of a tile at %d".formatted(rows, first));
    }
  }

  @Override
  void score(KvCache cache, MemorySegment memory, long keys, int rows, long to) {
    long elements = (long) heads.dim() * BLOCK;
    boolean half = checked(cache, memory, keys, elements);
    Parameters p = parameters;
    p.set(PanelCode.X, queries.address());
    p.set(PanelCode.X_STRIDE, rows * ROW);
    p.set(PanelCode.COUNT, heads.dim());
    p.set(PanelCode.B, memory.address() + keys);
    p.set(PanelCode.B_STRIDE, (long) BLOCK * cache.layout().elementBytes());
    p.set(PanelCode.RESULT, scores.address() + to);
    p.set(PanelCode.NEXT, next);
    p.set(PanelCode.RESULT_STRIDE, ROW);
    p.set(PanelCode.START, 0);
    EmittedProduct.callTiles(code.panelRoutines(half), p, PanelCode.TILES, rows);
  }

  @Override
  void weigh(
      KvCache cache,
      MemorySegment memory,
      long values,
      int rows,
      long from,
      int count,
      boolean first) {
    boolean half = checked(cache, memory, values, (long) valueDim * BLOCK);
    int bytes = cache.layout().elementBytes();
    Parameters p = parameters;
    for (int d = 0; d < valueDim; d += Panels.WIDTH) {
      p.set(PanelCode.X, scores.address() + from);
      p.set(PanelCode.X_STRIDE, 0);
      p.set(PanelCode.COUNT, count);
      p.set(PanelCode.B, memory.address() + values + (long) d * bytes);
      p.set(PanelCode.B_STRIDE, (long) valueDim * bytes);
      p.set(PanelCode.NEXT, next + (long) d * bytes);
      p.set(PanelCode.RESULT, results.address() + d / Panels.WIDTH * (rows * ROW));
      p.set(PanelCode.RESULT_STRIDE, ROW);
      p.set(PanelCode.START, first ? 0 : 1);
      EmittedProduct.callTiles(code.panelRoutines(half), p, PanelCode.TILES, rows);
    }
  }

  /** Whether the cache holds halves, after a look whether the block lies within its memory. */
  private static boolean checked(KvCache cache, MemorySegment memory, long from, long elements) {
    if (from < 0 || from + elements * cache.layout().elementBytes() > memory.byteSize()) {
      throw new IndexOutOfBoundsException("cache block at " + from);
    }
    return cache.layout().precision() == KvCache.Precision.HALF;
  }

  @Override
  void normalize(int rows, int panels) {
    long last = (long) panels * rows * ROW;
    if (rows < 1 || panels < 1 || last > scores.byteSize() || 4L * rows > factors.byteSize()) {
      throw new IndexOutOfBoundsException("%d panels of %d rows".formatted(panels, rows));
    }
    Parameters p = parameters;
    boolean capped = heads.softCap() > 0;
    if (capped) {
      cap(rows * panels);
    }
    p.set(SoftmaxCode.SCALE, capped ? 1 : heads.scale());
    p.set(SoftmaxCode.X, scores.address());
    p.set(SoftmaxCode.X_STRIDE, rows * ROW);
    p.set(SoftmaxCode.PANELS, panels);
    p.set(SoftmaxCode.ROWS, rows);
    p.set(SoftmaxCode.BOUNDS, bounds.address());
    p.set(SoftmaxCode.FACTORS, factors.address());
    p.set(SoftmaxCode.CONSTANTS, constants.address());
    p.set(SoftmaxCode.WINDOWS, windows.address());
    code.softmax().call(p.address());
  }

  /** Scores, which lie together, scaled and bounded. */
  private void cap(int rows) {
    Parameters p = parameters;
    p.set(RowCode.X, scores.address());
    p.set(RowCode.X_STRIDE, ROW);
    p.set(RowCode.PANELS, rows);
    p.set(RowCode.CONSTANTS, constants.address());
    p.set(RowCode.SCALE, heads.scale());
    p.set(RowCode.CAP, heads.softCap());
    code.cap().call(p.address());
  }
}
