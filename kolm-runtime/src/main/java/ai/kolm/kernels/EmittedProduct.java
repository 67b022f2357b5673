package ai.kolm.kernels;

import ai.kolm.kernels.x86.Routine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products in machine code. Quantized weights meet activations quantized to 16 bits per block of 32
 * columns ({@link QuantizeCode}). With a weight row of blocks b,
 *
 * <pre>{@code
 * y = sum over b of  float(sum over k in b of w[k] * a[k]) * (wScale[b] * aScale[b])
 *                    + wMinimum[b] * aSum[b]
 * }</pre>
 *
 * <p>The inner sum is one of integers, exact in any order: at most 2^8 * 2^15 * 32 = 2^28. The
 * outer is a chain of fused multiply-adds in ascending b for one row of activations as for many, so
 * results do not depend on batches, chunks or threads.
 *
 * <p>Rounding activations to a 65534th of their block's range changes a product by at most the sum
 * over b of aScale[b] / 2 * sum |w|: some 1e-5 of it, where 8-bit integers would change 4e-3.
 * Decoding a token waits for memory either way, and multiply-adds of 16-bit integers take half the
 * time of those of floats.
 */
final class EmittedProduct extends PanelProduct {
  /** Columns of floats that stay in the first-level cache: 16 KiB for 32 weight rows. */
  private static final int FLOAT_CHUNK = Encoding.SUPER_BLOCK / 2;

  private static final long GROUP_ROW = PackedMatrix.WORD_BYTES;
  private static final int BLOCK_BYTES = Encoding.BLOCK * Short.BYTES;

  /** Rows quantized by one task. */
  private static final int QUANTIZED_ROWS = 8;

  private final WorkerPool pool;
  private final Arena arena;
  private final EmittedCode code;
  private final MemorySegment constants;
  private final Parameters[] parameters;
  private final MemorySegment[] spans;

  // Activations in 16 bits: [block][rows + 1][32], and scales and sums as [block][rows + 1].
  private MemorySegment activations = MemorySegment.NULL;
  private MemorySegment scales = MemorySegment.NULL;
  private MemorySegment sums = MemorySegment.NULL;
  private int blocks;
  private long paddedRows;

  EmittedProduct(
      WorkerPool pool,
      Arena arena,
      EmittedCode code,
      MemorySegment constants,
      Parameters[] parameters) {
    super(pool, arena, FLOAT_CHUNK);
    this.pool = pool;
    this.arena = arena;
    this.code = code;
    this.constants = constants;
    this.parameters = parameters;
    spans = new MemorySegment[pool.size()];
    Arrays.setAll(spans, _ -> arena.allocate(PackedCode.SPANS_BYTES, ALIGNMENT));
  }

  @Override
  void begin(Panels x, Matrix[] matrices) {
    for (Matrix matrix : matrices) {
      if (matrix.columns() != x.width()) {
        throw new IllegalArgumentException(
            "%s: %d columns, activations have %d"
                .formatted(matrix.name(), matrix.columns(), x.width()));
      }
    }
    if (takesIntegers(matrices)) {
      quantize(x);
    }
  }

  private static boolean takesIntegers(Matrix[] matrices) {
    for (Matrix matrix : matrices) {
      if (matrix instanceof PackedMatrix packed
          && packed.encoding().scales() != Encoding.Scales.NONE) {
        return true;
      }
    }
    return false;
  }

  private void quantize(Panels x) {
    blocks = x.panels();
    // A power of two as stride would make blocks compete for the same cache sets.
    paddedRows = x.rows() == 1 ? 1 : x.rows() + 1L;
    long size = blocks * paddedRows;
    if (scales.byteSize() < size * Float.BYTES) {
      activations = arena.allocate(size * BLOCK_BYTES, ALIGNMENT);
      scales = arena.allocate(size * Float.BYTES, ALIGNMENT);
      sums = arena.allocate(size * Float.BYTES, ALIGNMENT);
    }
    if (x.rows() == 1) {
      quantizeRow(x, 0, 0);
    } else {
      int tasks = (x.rows() + QUANTIZED_ROWS - 1) / QUANTIZED_ROWS;
      pool.run(
          tasks,
          (task, worker) -> {
            int from = task * QUANTIZED_ROWS;
            for (int row = from; row < Math.min(x.rows(), from + QUANTIZED_ROWS); row++) {
              quantizeRow(x, row, worker);
            }
          });
    }
  }

  private void quantizeRow(Panels x, int row, int worker) {
    Parameters p = parameters[worker];
    p.set(QuantizeCode.X, x.address(row, 0));
    p.set(QuantizeCode.X_STRIDE, x.panelStride());
    p.set(QuantizeCode.BLOCKS, x.panels());
    p.set(QuantizeCode.ACTIVATIONS, activations.address() + (long) row * BLOCK_BYTES);
    p.set(QuantizeCode.ACTIVATION_STRIDE, paddedRows * BLOCK_BYTES);
    p.set(QuantizeCode.SCALES, scales.address() + (long) row * Float.BYTES);
    p.set(QuantizeCode.SUMS, sums.address() + (long) row * Float.BYTES);
    p.set(QuantizeCode.SCALE_STRIDE, paddedRows * Float.BYTES);
    p.set(QuantizeCode.CONSTANTS, constants.address());
    code.quantize().call(p.address());
  }

  @Override
  void multiplyPacked(PackedMatrix m, int from, int to, Panels result, int worker) {
    if (m.encoding().scales() == Encoding.Scales.NONE) {
      for (int panel = from; panel < to; panel++) {
        floats(m, panel, result, worker);
      }
    } else if (x().rows() == 1) {
      dot(m, from, to, result, worker);
    } else {
      for (int panel = from; panel < to; panel++) {
        tiles(m, panel, result, worker);
      }
    }
  }

  /** One row: its result is contiguous whatever the layout. */
  private void dot(PackedMatrix m, int from, int to, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(DotCode.WEIGHTS, weights(m, from, to, result));
    p.set(DotCode.GROUPS, 2L * (to - from));
    p.set(DotCode.BLOCKS, blocks);
    p.set(DotCode.ACTIVATIONS, activations.address());
    p.set(DotCode.ACTIVATION_SCALES, scales.address());
    p.set(DotCode.ACTIVATION_SUMS, sums.address());
    p.set(DotCode.RESULT, result.address(0, from * Panels.WIDTH));
    p.set(DotCode.SPANS, spans[worker].address());
    code.integers(m.encoding()).dot().call(p.address());
  }

  /** Where panels begin; machine code reads them to their end, and writes as many of the result. */
  private static long weights(PackedMatrix m, int from, int to, Panels result) {
    if (2L * to * m.groupBytes() > m.data().byteSize() || to > result.panels()) {
      throw new IndexOutOfBoundsException("%s: panels up to %d".formatted(m.name(), to));
    }
    return m.data().address() + 2L * from * m.groupBytes();
  }

  private void tiles(PackedMatrix m, int panel, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(TileCode.WEIGHTS, weights(m, panel, panel + 1, result));
    p.set(TileCode.GROUPS, 2);
    p.set(TileCode.BLOCKS, blocks);
    p.set(TileCode.ACTIVATIONS, activations.address());
    p.set(TileCode.ACTIVATION_STRIDE, paddedRows * BLOCK_BYTES);
    p.set(TileCode.SCALES, scales.address());
    p.set(TileCode.SUMS, sums.address());
    p.set(TileCode.SCALE_STRIDE, paddedRows * Float.BYTES);
    p.set(TileCode.RESULT, result.address(0, panel * Panels.WIDTH));
    p.set(TileCode.RESULT_STRIDE, result.rowStride());
    p.set(TileCode.SPANS, spans[worker].address());
    callTiles(code.integers(m.encoding()).tiles(), p, TileCode.TILES, x().rows());
  }

  private void floats(PackedMatrix m, int panel, Panels result, int worker) {
    Parameters p = parameters[worker];
    MemorySegment memory = panelMemory(worker);
    for (int c = 0; c < m.columns(); c += FLOAT_CHUNK) {
      int count = Math.min(FLOAT_CHUNK, m.columns() - c);
      for (int half = 0; half < 2; half++) {
        p.set(UnpackCode.WEIGHTS, m.data().address() + m.offset(2 * panel + half, c));
        p.set(UnpackCode.BLOCKS, Math.ceilDiv(count, Encoding.BLOCK));
        p.set(UnpackCode.PANEL, memory.address() + half * GROUP_ROW);
        code.unpackFloats(m.encoding()).call(p.address());
      }
      multiplyPanel(memory, panel, c, count, result, worker);
    }
  }

  @Override
  void multiplyPanel(MemorySegment memory, int panel, int c, int count, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(PanelCode.X, x().address(0, c));
    p.set(PanelCode.X_STRIDE, x().panelStride());
    p.set(PanelCode.COUNT, count);
    p.set(PanelCode.B, memory.address());
    p.set(PanelCode.B_STRIDE, PANEL_ROW);
    p.set(PanelCode.RESULT, result.address(0, panel * Panels.WIDTH));
    p.set(PanelCode.RESULT_STRIDE, result.rowStride());
    callTiles(code.panelRoutines(false), p, PanelCode.TILES, x().rows());
  }

  /** As many tiles of the largest size as there are, then one of the rest: pointers move on. */
  static void callTiles(Routine[] bySize, Parameters p, int tilesSlot, int rows) {
    int most = bySize.length - 1;
    if (rows >= most) {
      p.set(tilesSlot, rows / most);
      bySize[most].call(p.address());
    }
    if (rows % most > 0) {
      p.set(tilesSlot, 1);
      bySize[rows % most].call(p.address());
    }
  }
}
