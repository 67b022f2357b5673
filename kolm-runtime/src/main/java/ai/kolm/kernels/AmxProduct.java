package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import ai.kolm.kernels.x86.AmxTiles;
import ai.kolm.kernels.x86.Routine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products of prompts in the tiles of AMX: weights and activations are rounded to bfloat16 (8 bits
 * of significand), sums are floats. That loses 3e-3 of a product, less than bytes with a scale per
 * block do, and outliers cost nothing, because each number has an exponent of its own.
 *
 * <p>Tiles of bytes would be faster by themselves, but each block of 32 columns has its own scale,
 * for which their sums would have to leave the tiles after every multiplication. So a panel of
 * weights is decoded once for all rows, {@value #CHUNK} columns at a time, which stay in the
 * nearest cache. A tile has 16 rows of 64 bytes:
 *
 * <pre>{@code
 * activations  [rows / 32][block of 32 columns][2][16 rows][32 columns]
 * weights      [block of 32 columns][2 groups][16 pairs of columns][16 weight rows][2 columns]
 * }</pre>
 *
 * <p>Within a block, both have the columns as {@link PairDot} has: pairs 4i, 4i + 2 and 4i + 1, 4i
 * + 3.
 */
final class AmxProduct {
  static final int TILE_BYTES = AmxTiles.ROWS * AmxTiles.ROW_BYTES;

  /** Bytes of a block of columns of 32 rows, or weight rows. */
  static final int BLOCK_BYTES = 2 * TILE_BYTES;

  private static final int CHUNK = 2 * Encoding.SUPER_BLOCK;

  /** Rows whose tiles of a chunk stay in the second-level cache. */
  private static final int MOST_ROWS = 512;

  private static final int ROWS = 2 * AmxTiles.ROWS;

  private final WorkerPool pool;
  private final Arena arena;
  private final EmittedCode code;
  private final Parameters[] parameters;

  /** Decoded weights of a panel, by worker. */
  private final MemorySegment[] weights;

  private final MemorySegment[] spans;
  private final MemorySegment interleaved;

  /** By rows of the lower tiles, from 1 on. */
  private final MemorySegment configurations;

  private MemorySegment activations = MemorySegment.NULL;
  private int blocks;

  AmxProduct(
      WorkerPool pool,
      Arena arena,
      EmittedCode code,
      Parameters[] parameters,
      MemorySegment[] spans) {
    this.pool = pool;
    this.arena = arena;
    this.code = code;
    this.parameters = parameters;
    this.spans = spans;
    weights = new MemorySegment[pool.size()];
    int bytes = CHUNK / Encoding.BLOCK * BLOCK_BYTES;
    Arrays.setAll(weights, _ -> arena.allocate(bytes, PanelProduct.ALIGNMENT));
    interleaved = interleaved(arena);
    configurations = configurations(arena);
  }

  /** Numbers 0, 16, 1, 17 and so on: two vectors that follow each other, in turn. */
  private static MemorySegment interleaved(Arena arena) {
    int count = PackedMatrix.WORD_BYTES / Short.BYTES;
    MemorySegment order = arena.allocate(PackedMatrix.WORD_BYTES, PanelProduct.ALIGNMENT);
    for (int i = 0; i < count; i++) {
      order.setAtIndex(JAVA_SHORT, i, (short) (i / 2 + i % 2 * (count / 2)));
    }
    return order;
  }

  /** All tiles are whole, but those of lower rows: sums and activations. */
  private static MemorySegment configurations(Arena arena) {
    long bytes = AmxTiles.CONFIGURATION_BYTES;
    MemorySegment all = arena.allocate(AmxTiles.ROWS * bytes, PanelProduct.ALIGNMENT);
    for (int lower = 1; lower <= AmxTiles.ROWS; lower++) {
      int rows = lower;
      AmxTiles.describe(
          all.asSlice((rows - 1) * bytes, bytes),
          tile -> AmxTileCode.isOfLowerRows(tile) ? rows : AmxTiles.ROWS);
    }
    return all;
  }

  /** Takes the rows of {@code x}. */
  void begin(Panels x) {
    blocks = x.panels();
    int tiles = Math.ceilDiv(x.rows(), AmxTiles.ROWS);
    long size = Math.ceilDiv(x.rows(), ROWS) * rowsBytes();
    if (activations.byteSize() < size) {
      activations = arena.allocate(size, PanelProduct.ALIGNMENT);
    }
    pool.run(tiles, (tile, worker) -> round(x, tile, worker));
  }

  private void round(Panels x, int tile, int worker) {
    int first = tile * AmxTiles.ROWS;
    int rows = Math.min(AmxTiles.ROWS, x.rows() - first);
    Parameters p = parameters[worker];
    p.set(AmxRowCode.X, x.address(first, 0));
    p.set(AmxRowCode.X_STRIDE, x.panelStride());
    p.set(AmxRowCode.ROW_STRIDE, x.rowStride());
    p.set(AmxRowCode.ROWS, rows);
    p.set(AmxRowCode.BLOCKS, blocks);
    long target = tile / 2 * rowsBytes() + tile % 2 * (long) TILE_BYTES;
    p.set(AmxRowCode.TARGET, activations.address() + target);
    code.amx().rows().call(p.address());
  }

  /** Bytes of the tiles of 32 rows. */
  private long rowsBytes() {
    return (long) blocks * BLOCK_BYTES;
  }

  /** See {@link PanelProduct#rowsPerTask}. */
  static int rowsPerTask(int rows) {
    int each = Math.ceilDiv(rows, Math.ceilDiv(rows, MOST_ROWS));
    return Math.min(rows, Math.ceilDiv(each, ROWS) * ROWS);
  }

  /**
   * See {@link PanelProduct#multiplyPacked}.
   *
   * @param firstRow a multiple of 32
   */
  void multiply(
      PackedMatrix m, int from, int to, int firstRow, int endRow, Panels result, int worker) {
    if (to > m.panels() || to > result.panels()) {
      throw new IndexOutOfBoundsException("%s: panels up to %d".formatted(m.name(), to));
    }
    if (firstRow % ROWS != 0 || Math.ceilDiv(m.columns(), Encoding.BLOCK) != blocks) {
      throw new IllegalArgumentException(
          "%s: rows from %d, %d blocks of columns".formatted(m.name(), firstRow, blocks));
    }
    for (int panel = from; panel < to; panel++) {
      for (int c = 0; c < m.columns(); c += CHUNK) {
        int count = Math.ceilDiv(Math.min(CHUNK, m.columns() - c), Encoding.BLOCK);
        decode(m, 2 * panel, c, count, worker);
        multiply(panel, c / Encoding.BLOCK, count, firstRow, endRow, result, worker);
      }
    }
  }

  private void decode(PackedMatrix m, int group, int column, int count, int worker) {
    Parameters p = parameters[worker];
    for (int part = 0; part < 2; part++) {
      p.set(AmxWeightCode.WEIGHTS, m.data().address() + m.offset(group + part, column));
      p.set(AmxWeightCode.BLOCKS, count);
      p.set(AmxWeightCode.TARGET, weights[worker].address() + part * (long) TILE_BYTES);
      p.set(AmxWeightCode.SPANS, spans[worker].address());
      p.set(AmxWeightCode.INTERLEAVED, interleaved.address());
      code.amxWeights(m.encoding()).call(p.address());
    }
  }

  private void multiply(
      int panel, int block, int count, int firstRow, int endRow, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(AmxTileCode.WEIGHTS, weights[worker].address());
    p.set(AmxTileCode.BLOCKS, count);
    p.set(AmxTileCode.ACTIVATION_STRIDE, rowsBytes());
    p.set(AmxTileCode.RESULT_STRIDE, result.rowStride());
    p.set(AmxTileCode.RESULT_TILE, AmxTiles.ROWS * result.rowStride());
    p.set(AmxTileCode.START, block);
    int whole = (endRow - firstRow) / ROWS;
    int rest = (endRow - firstRow) % ROWS;
    if (whole > 0) {
      tiles(p, ROWS, whole, firstRow, block, result.address(firstRow, panel * Panels.WIDTH));
    }
    if (rest > 0) {
      int row = endRow - rest;
      tiles(p, rest, 1, row, block, result.address(row, panel * Panels.WIDTH));
    }
  }

  private void tiles(Parameters p, int rows, int tiles, int first, int block, long result) {
    int lower = rows > AmxTiles.ROWS ? rows - AmxTiles.ROWS : rows;
    p.set(AmxTileCode.CONFIGURATION, configuration(lower));
    p.set(AmxTileCode.TILES, tiles);
    long at = first / ROWS * rowsBytes() + (long) block * BLOCK_BYTES;
    p.set(AmxTileCode.ACTIVATIONS, activations.address() + at);
    p.set(AmxTileCode.RESULT, result);
    Routine routine = rows > AmxTiles.ROWS ? code.amx().whole() : code.amx().lower();
    routine.call(p.address());
  }

  private long configuration(int lowerRows) {
    return configurations.address() + (lowerRows - 1) * (long) AmxTiles.CONFIGURATION_BYTES;
  }
}
