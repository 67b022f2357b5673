package ai.kolm.kernels;

import ai.kolm.kernels.x86.Routine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Products in machine code. Quantized weights meet activations rounded to integers per block of 32
 * columns ({@link QuantizeCode}). With a weight row of blocks b,
 *
 * <pre>{@code
 * y = sum over b of  float(sum over k in b of w[k] * a[k]) * (wScale[b] * aScale[b])
 *                    + wMinimum[b] * aSum[b]
 * }</pre>
 *
 * <p>The inner sum is one of integers, exact in any order: at most 2^8 * 2^15 * 32 = 2^28, with
 * weights of 12 bits ({@link WordPacker}) just below 2^31. The outer is a chain of fused
 * multiply-adds in ascending b for one row of activations as for many, so with 16-bit integers
 * results do not depend on batches, chunks or threads.
 *
 * <p>Rounding activations to a 65534th of their block's range changes a product by at most the sum
 * over b of aScale[b] / 2 * sum |w|: some 1e-5 of it. Decoding a token waits for memory either way,
 * and multiply-adds of 16-bit integers take half the time of those of floats.
 *
 * <p>Where it is allowed ({@link KernelSelection#fastPrompts}), prompts take {@link
 * Rounding#BYTES}: half the time again, but 4e-3 of a product, what engines that always compute
 * with bytes lose. What comes out of gates has the largest outliers and loses most, so its products
 * and the logits stay at 16 bits: the perplexity of SmolLM2 grows by 0.06 % then, not by 0.44.
 * Processors with AMX take tiles of bfloat16 instead ({@link AmxProduct}), of what comes out of
 * gates, too.
 */
final class EmittedProduct extends PanelProduct {
  /** Columns of floats that stay in the first-level cache: 16 KiB for 32 weight rows. */
  private static final int FLOAT_CHUNK = Encoding.SUPER_BLOCK / 2;

  private static final long GROUP_ROW = PackedMatrix.WORD_BYTES;

  /** Bytes of activations that stay in the second-level cache beside weights and results. */
  private static final int ROWS_BYTES = 512 << 10;

  /** Rows of whole tiles of all kinds. */
  private static final int TILE_MULTIPLE = 12;

  /** Wide tiles up to which rows are few: weights come from memory as slowly as they multiply. */
  private static final int FEW_TILES = 2;

  /** The fewest rows that are a prompt: with fewer, a step waits for the weights. */
  private static final int PROMPT_ROWS = 16;

  private final EmittedCode code;
  private final boolean fastPrompts;
  private final Parameters[] parameters;
  private final MemorySegment[] spans;
  private final QuantizedRows quantized;
  private final MemorySegment constants;

  // Made once: nothing is allocated per step.
  private final Finish silu = gating(Activation.SILU);
  private final Finish gelu = gating(Activation.GELU_TANH);

  /** What is gated of the product being computed. */
  private Panels gated;

  private Rounding rounding = Rounding.WORDS;

  /** Null where prompts are not multiplied in tiles of bfloat16. */
  private final @Nullable AmxProduct amx;

  /** Whether the product being computed is. */
  private boolean inTiles;

  /**
   * @param fastPrompts whether products of many rows may round activations to bytes, which the
   *     processor must then multiply
   */
  EmittedProduct(
      WorkerPool pool,
      Arena arena,
      EmittedCode code,
      MemorySegment constants,
      Parameters[] parameters,
      boolean fastPrompts) {
    super(pool, arena, FLOAT_CHUNK);
    this.code = code;
    this.fastPrompts = fastPrompts;
    this.parameters = parameters;
    this.constants = constants;
    gated = x();
    quantized = new QuantizedRows(pool, arena, code, constants, parameters);
    spans = new MemorySegment[pool.size()];
    Arrays.setAll(spans, _ -> arena.allocate(PackedCode.EXPANDED_BYTES, ALIGNMENT));
    amx = code.hasAmx() ? new AmxProduct(pool, arena, code, parameters, spans) : null;
  }

  /** See {@link Kernels#multiply}. */
  void multiplyFinely(Panels newX, Matrix[] newW, Panels[] newY) {
    round(Rounding.WORDS);
    multiply(newX, newW, newY, NOTHING);
  }

  /** See {@link Kernels#multiplyCoarsely}. */
  void multiplyCoarsely(Panels newX, Matrix[] newW, Panels[] newY, Finish newFinish) {
    roundCoarsely(newX, newW);
    multiply(newX, newW, newY, newFinish);
  }

  /** See {@link Kernels#multiplyOutliers}. */
  void multiplyOutliers(Panels newX, Matrix[] newW, Panels[] newY) {
    roundCoarsely(newX, newW);
    rounding = Rounding.WORDS;
    multiply(newX, newW, newY, NOTHING);
  }

  /** See {@link Kernels#multiplyGated}. */
  void multiplyGated(Panels newX, Matrix[] newW, Panels[] newY, Activation activation) {
    roundCoarsely(newX, newW);
    gated = newY[1];
    multiplyJoined(newX, newW, newY, activation == Activation.SILU ? silu : gelu);
  }

  private Finish gating(Activation activation) {
    return (_, gate, panel, from, to, worker) ->
        gate(gate, gated, activation, panel, from, to - from, worker);
  }

  /**
   * See {@link Kernels#gate}: {@code rows} rows of a panel, or of more, which follow each other.
   */
  void gate(
      Panels gate, Panels up, Activation activation, int panel, int from, int rows, int worker) {
    Parameters p = parameters[worker];
    p.set(RowCode.X, gate.address(from, panel * Panels.WIDTH));
    p.set(RowCode.X_STRIDE, PANEL_ROW);
    p.set(RowCode.PANELS, rows);
    p.set(RowCode.OTHER, up.address(from, panel * Panels.WIDTH));
    p.set(RowCode.CONSTANTS, constants.address());
    code.gate(activation).call(p.address());
  }

  private void roundCoarsely(Panels newX, Matrix[] newW) {
    boolean bytes = fastPrompts && newX.rows() >= PROMPT_ROWS;
    boolean integers = true;
    for (Matrix matrix : newW) {
      bytes &= !(matrix instanceof PackedMatrix packed && packed.encoding() == Encoding.WORDS);
      integers &= isInteger(matrix);
    }
    round(bytes ? Rounding.BYTES : Rounding.WORDS);
    inTiles = amx != null && bytes && integers;
  }

  private void round(Rounding newRounding) {
    rounding = newRounding;
    inTiles = false;
  }

  /** See {@link Kernels#multiplyPanels}. */
  void multiplyChosen(Panels newX, Matrix[] newW, Panels[] newY, int[] panels, int count) {
    round(Rounding.WORDS);
    multiply(newX, newW, newY, panels, count);
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
    if (amx != null && inTiles) {
      amx.begin(x);
    } else if (takesIntegers(matrices)) {
      quantized.quantize(x, rounding);
    }
  }

  private static boolean takesIntegers(Matrix[] matrices) {
    for (Matrix matrix : matrices) {
      if (isInteger(matrix)) {
        return true;
      }
    }
    return false;
  }

  /**
   * As many as stay in the second-level cache while all weights pass by, because activations are
   * read anew for each panel of weights; all of matrices that are decoded to memory first.
   */
  @Override
  int rowsPerTask(Panels activations, Matrix[] matrices) {
    if (inTiles) {
      return AmxProduct.rowsPerTask(activations.rows());
    }
    boolean floats = false;
    for (Matrix matrix : matrices) {
      if (!isFloats(matrix) && !isInteger(matrix)) {
        return activations.rows();
      }
      floats |= isFloats(matrix);
    }
    int number = floats ? Float.BYTES : rounding.blockBytes() / Encoding.BLOCK;
    int rows = activations.rows();
    int most = ROWS_BYTES / (number * Panels.roundUp(activations.width()));
    int tasks = Math.ceilDiv(rows, Math.max(TILE_MULTIPLE, most));
    return Math.min(rows, Math.ceilDiv(rows, tasks * TILE_MULTIPLE) * TILE_MULTIPLE);
  }

  private static boolean isInteger(Matrix matrix) {
    return matrix instanceof PackedMatrix packed
        && packed.encoding().scales() != Encoding.Scales.NONE;
  }

  private static boolean isFloats(Matrix matrix) {
    return matrix instanceof PackedMatrix packed && packed.encoding() == Encoding.F32;
  }

  @Override
  void multiplyPacked(
      PackedMatrix m, int from, int to, int firstRow, int endRow, Panels result, int worker) {
    if (amx != null && inTiles) {
      amx.multiply(m, from, to, firstRow, endRow, result, worker);
      return;
    }
    if (x().rows() == 1 && isInteger(m)) {
      dot(m, from, to, result, worker);
      return;
    }
    if (x().rows() == 1 && !isFloats(m) && m.columns() % Encoding.BLOCK == 0) {
      floatDot(m, from, to, result, worker);
      return;
    }
    for (int panel = from; panel < to; panel++) {
      if (m.encoding() == Encoding.F32) {
        floatTiles(m, panel, firstRow, endRow, result, worker);
      } else if (m.encoding().scales() == Encoding.Scales.NONE) {
        clear(result, panel);
        floats(m, panel, result, worker);
      } else {
        tiles(m, panel, firstRow, endRow, result, worker);
      }
    }
  }

  /** One row: its result is contiguous whatever the layout. */
  private void dot(PackedMatrix m, int from, int to, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(DotCode.WEIGHTS, weights(m, from, to, result));
    p.set(DotCode.GROUPS, 2L * (to - from));
    p.set(DotCode.BLOCKS, quantized.blocks());
    p.set(DotCode.ACTIVATIONS, quantized.integers());
    p.set(DotCode.ACTIVATION_SCALES, quantized.scales());
    p.set(DotCode.ACTIVATION_SUMS, quantized.sums());
    p.set(DotCode.RESULT, result.address(0, from * Panels.WIDTH));
    p.set(DotCode.SPANS, spans[worker].address());
    code.integers(m.encoding()).dot().call(p.address());
  }

  /** The same of 16-bit floats. */
  private void floatDot(PackedMatrix m, int from, int to, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(FloatDotCode.WEIGHTS, weights(m, from, to, result));
    p.set(FloatDotCode.GROUPS, 2L * (to - from));
    p.set(FloatDotCode.BLOCKS, m.columns() / Encoding.BLOCK);
    p.set(FloatDotCode.X, x().address(0, 0));
    p.set(FloatDotCode.X_STRIDE, x().panelStride());
    p.set(FloatDotCode.RESULT, result.address(0, from * Panels.WIDTH));
    code.floats(m.encoding()).dot().call(p.address());
  }

  /** Where panels begin; machine code reads them to their end, and writes as many of the result. */
  private static long weights(PackedMatrix m, int from, int to, Panels result) {
    if (2L * to * m.groupBytes() > m.data().byteSize() || to > result.panels()) {
      throw new IndexOutOfBoundsException("%s: panels up to %d".formatted(m.name(), to));
    }
    return m.data().address() + 2L * from * m.groupBytes();
  }

  private void tiles(
      PackedMatrix m, int panel, int firstRow, int endRow, Panels result, int worker) {
    Parameters p = parameters[worker];
    p.set(TileCode.WEIGHTS, weights(m, panel, panel + 1, result));
    p.set(TileCode.GROUP_BYTES, m.groupBytes());
    p.set(TileCode.BLOCKS, quantized.blocks());
    p.set(TileCode.TILE_BYTES, quantized.tileBytes());
    p.set(TileCode.RESULT_STRIDE, result.rowStride());
    p.set(TileCode.SPANS, spans[worker].address());
    Routine[] tiles = code.integers(m.encoding()).tiles(rounding);
    long bytes = PackedMatrix.superBlockBytes(m.encoding(), Encoding.SUPER_BLOCK);
    long lines = Math.ceilDiv(bytes, PackedMatrix.WORD_BYTES);
    int rows = endRow - firstRow;
    int widest = tiles.length - 1;
    int most = x().rows() > FEW_TILES * widest ? code.recordRows() : widest;
    int whole = rows / most;
    int rest = rows % most;
    if (whole > 0) {
      long to = result.address(firstRow, panel * Panels.WIDTH);
      tiles(tiles[most], p, lines, whole, firstRow, to);
    }
    if (rest > 0) {
      int first = firstRow + whole * most;
      tiles(tiles[rest], p, 1, 1, first, result.address(first, panel * Panels.WIDTH));
    }
  }

  private void tiles(Routine routine, Parameters p, long lines, int tiles, int first, long result) {
    p.set(TileCode.TILES, tiles);
    p.set(TileCode.FETCHED, Math.ceilDiv(lines, tiles));
    long record = first / code.recordRows();
    p.set(TileCode.ACTIVATIONS, quantized.integers() + record * quantized.tileBytes());
    p.set(TileCode.RESULT, result);
    routine.call(p.address());
  }

  private void floatTiles(
      PackedMatrix m, int panel, int firstRow, int endRow, Panels result, int worker) {
    Parameters p = parameters[worker];
    long weights = weights(m, panel, panel + 1, result);
    long after = weights + (panel + 1 < m.panels() ? 2 * m.groupBytes() : 0);
    for (int c = 0; c < m.columns(); c += FLOAT_CHUNK) {
      int count = Math.min(FLOAT_CHUNK, m.columns() - c);
      long here = weights + c * GROUP_ROW;
      p.set(FloatTileCode.X, x().address(firstRow, c));
      p.set(FloatTileCode.X_STRIDE, x().panelStride());
      p.set(FloatTileCode.BLOCKS, Math.ceilDiv(count, Encoding.BLOCK));
      p.set(FloatTileCode.WEIGHTS, here);
      p.set(FloatTileCode.GROUP_BYTES, m.groupBytes());
      p.set(FloatTileCode.NEXT, c + count < m.columns() ? here + count * GROUP_ROW : after);
      p.set(FloatTileCode.RESULT, result.address(firstRow, panel * Panels.WIDTH));
      p.set(FloatTileCode.RESULT_STRIDE, result.rowStride());
      p.set(FloatTileCode.COLUMN, c);
      callTiles(code.floatTiles(), p, FloatTileCode.TILES, endRow - firstRow);
    }
  }

  /** Types of 16 bits. */
  private void floats(PackedMatrix m, int panel, Panels result, int worker) {
    Parameters p = parameters[worker];
    MemorySegment memory = panelMemory(worker);
    for (int c = 0; c < m.columns(); c += FLOAT_CHUNK) {
      int count = Math.min(FLOAT_CHUNK, m.columns() - c);
      for (int half = 0; half < 2; half++) {
        p.set(UnpackCode.WEIGHTS, m.data().address() + m.offset(2 * panel + half, c));
        p.set(UnpackCode.BLOCKS, Math.ceilDiv(count, Encoding.BLOCK));
        p.set(UnpackCode.PANEL, memory.address() + half * GROUP_ROW);
        code.floats(m.encoding()).unpack().call(p.address());
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
    p.set(PanelCode.START, 1);
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
