package ai.kolm.kernels;

import ai.kolm.kernels.x86.Routine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Some rows of activations as bytes, of one worker, the way {@link ByteTileCode} reads them: tiles
 * of 12 rows, each
 *
 * <pre>{@code
 * bytes    [columns / 64][12 rows][64 columns]
 * steps    [spans][16]                  floats, the first 12 of the tile's rows
 * zeros    [spans][16]                  integers
 * }</pre>
 *
 * <p>with steps and zeros of a span side by side.
 */
final class ByteRows {
  /** Bytes of the step of each row of a tile. */
  static final int LANES_BYTES = 16 * Float.BYTES;

  private final Arena arena;
  private final EmittedCode code;
  private final MemorySegment constants;
  private final Parameters parameters;
  private MemorySegment memory = MemorySegment.NULL;
  private int columns;

  ByteRows(Arena arena, EmittedCode code, MemorySegment constants, Parameters parameters) {
    this.arena = arena;
    this.code = code;
    this.constants = constants;
    this.parameters = parameters;
  }

  /** Takes the rows {@code [from, to)} of x, whose width is whole spans. */
  void round(Panels x, int from, int to) {
    columns = x.width();
    long size = Math.ceilDiv(to - from, ByteTileCode.ROWS) * tileBytes();
    if (memory.byteSize() < size) {
      memory = arena.allocate(size, PanelProduct.ALIGNMENT);
    }
    Parameters p = parameters;
    Routine round = code.roundBytes();
    x.address(to - 1, columns - 1); // is there
    for (int row = from; row < to; row++) {
      long tile = bytes() + (row - from) / ByteTileCode.ROWS * tileBytes();
      int lane = (row - from) % ByteTileCode.ROWS;
      p.set(ByteRowCode.X, x.address(row, 0));
      p.set(ByteRowCode.X_STRIDE, x.panelStride());
      p.set(ByteRowCode.SPANS, spans());
      p.set(ByteRowCode.BYTES, tile + (long) lane * ByteMatrix.CHUNK);
      p.set(ByteRowCode.SCALES, tile + scales() + (long) lane * Float.BYTES);
      p.set(ByteRowCode.CONSTANTS, constants.address());
      round.call(p.address());
    }
  }

  /** Where the bytes of the first tile are. */
  long bytes() {
    return memory.address();
  }

  /** How far behind its bytes a tile's scales are. */
  long scales() {
    return (long) columns * ByteTileCode.ROWS;
  }

  /** From a tile to the next. */
  long tileBytes() {
    return scales() + 2L * spans() * LANES_BYTES;
  }

  int columns() {
    return columns;
  }

  int spans() {
    return columns / ByteMatrix.SPAN;
  }
}
