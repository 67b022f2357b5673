package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Activations as integers, the way products read them ({@link QuantizeCode} makes them).
 *
 * <p>Of one row, block after block: integers, and apart from them scales and sums. Of several, tile
 * after tile of as many rows as {@link TileCode} multiplies at a time, one record per block, so
 * that a tile is read in address order:
 *
 * <pre>{@code
 * integers      [rows of a tile][32 columns]
 * scales        [8] floats, the first of the tile's rows
 * sums          [8] floats
 * corrections   [4][8] integers, of bytes only
 * }</pre>
 */
final class QuantizedRows {
  /** Bytes of one number of each row of a tile. */
  static final int LANES_BYTES = 8 * Float.BYTES;

  private static final int CORRECTIONS = 4;

  /** Tiles quantized by one task. */
  private static final int TASK_TILES = 2;

  private final WorkerPool pool;
  private final Arena arena;
  private final EmittedCode code;
  private final MemorySegment constants;
  private final Parameters[] parameters;
  private final int tileRows;

  private MemorySegment memory = MemorySegment.NULL;
  private Rounding rounding = Rounding.WORDS;
  private int blocks;

  QuantizedRows(
      WorkerPool pool,
      Arena arena,
      EmittedCode code,
      MemorySegment constants,
      Parameters[] parameters) {
    this.pool = pool;
    this.arena = arena;
    this.code = code;
    this.constants = constants;
    this.parameters = parameters;
    this.tileRows = code.recordRows();
  }

  /** Where the scales of a record are. */
  static int scales(Rounding rounding, int tileRows) {
    return tileRows * rounding.blockBytes();
  }

  /** Where the sums of a record are. */
  static int sums(Rounding rounding, int tileRows) {
    return scales(rounding, tileRows) + LANES_BYTES;
  }

  /** Where the corrections of a record are, which only bytes have. */
  static int corrections(int tileRows) {
    return sums(Rounding.BYTES, tileRows) + LANES_BYTES;
  }

  /** Bytes of a record. */
  static int recordBytes(Rounding rounding, int tileRows) {
    int numbers = rounding == Rounding.BYTES ? CORRECTIONS : 0;
    return sums(rounding, tileRows) + (1 + numbers) * LANES_BYTES;
  }

  /**
   * Takes the rows of {@code x}.
   *
   * @param newRounding bytes only of several rows
   */
  void quantize(Panels x, Rounding newRounding) {
    blocks = x.panels();
    rounding = newRounding;
    int tiles = Math.ceilDiv(x.rows(), tileRows);
    long size = tiles * tileBytes();
    if (memory.byteSize() < size) {
      memory = arena.allocate(size, PanelProduct.ALIGNMENT);
    }
    if (x.rows() == 1) {
      row(x);
    } else {
      pool.run(
          Math.ceilDiv(tiles, TASK_TILES),
          (task, worker) -> {
            int end = Math.min(tiles, (task + 1) * TASK_TILES);
            for (int tile = task * TASK_TILES; tile < end; tile++) {
              tile(x, tile, worker);
            }
          });
    }
  }

  private void row(Panels x) {
    Parameters p = parameters[0];
    p.set(QuantizeCode.ACTIVATIONS, integers());
    p.set(QuantizeCode.ACTIVATION_STRIDE, rounding.blockBytes());
    p.set(QuantizeCode.SCALES, scales());
    p.set(QuantizeCode.SUMS, sums());
    p.set(QuantizeCode.SCALE_STRIDE, Float.BYTES);
    call(x, 0, 1, p);
  }

  private void tile(Panels x, int tile, int worker) {
    Parameters p = parameters[worker];
    int recordBytes = recordBytes(rounding, tileRows);
    long record = integers() + tile * tileBytes();
    p.set(QuantizeCode.ACTIVATIONS, record);
    p.set(QuantizeCode.ACTIVATION_STRIDE, recordBytes);
    p.set(QuantizeCode.SCALES, record + scales(rounding, tileRows));
    p.set(QuantizeCode.SUMS, record + sums(rounding, tileRows));
    p.set(QuantizeCode.SCALE_STRIDE, recordBytes);
    p.set(QuantizeCode.CORRECTIONS, record + corrections(tileRows));
    int first = tile * tileRows;
    call(x, first, Math.min(tileRows, x.rows() - first), p);
  }

  private void call(Panels x, int first, int rows, Parameters p) {
    p.set(QuantizeCode.X, x.address(first, 0));
    p.set(QuantizeCode.X_STRIDE, x.panelStride());
    p.set(QuantizeCode.ROW_STRIDE, x.rowStride());
    p.set(QuantizeCode.BLOCKS, blocks);
    p.set(QuantizeCode.CONSTANTS, constants.address());
    code.quantize(rounding)[rows].call(p.address());
  }

  /** Blocks of a row. */
  int blocks() {
    return blocks;
  }

  /** Bytes of a tile's records. */
  long tileBytes() {
    return (long) blocks * recordBytes(rounding, tileRows);
  }

  /** Where the integers of one row are, or the records of several. */
  long integers() {
    return memory.address();
  }

  /** Where the scales of one row are. */
  long scales() {
    return integers() + (long) blocks * rounding.blockBytes();
  }

  /** Where the sums of one row are. */
  long sums() {
    return scales() + (long) blocks * Float.BYTES;
  }
}
