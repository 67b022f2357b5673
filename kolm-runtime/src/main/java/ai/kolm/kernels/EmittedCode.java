package ai.kolm.kernels;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.CodeSpace;
import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Routine;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The routines of {@link EmittedKernels}, each made for this processor when it is first called.
 * Those for an encoding are there when a matrix of that encoding is prepared: {@link #require} and
 * {@link #pack} by one thread at a time, before others multiply with it.
 */
final class EmittedCode {

  /**
   * The routines that multiply with matrices of one encoding.
   *
   * @param dot one row; see {@link DotCode}
   * @param tiles by rows of a tile; see {@link TileCode}
   * @param byteTiles those that take bytes; none where they are not wanted
   * @param amxWeights see {@link AmxWeightCode}; null where that is not wanted
   */
  record Integers(Routine dot, Routine[] tiles, Routine[] byteTiles, @Nullable Routine amxWeights) {
    Routine[] tiles(Rounding rounding) {
      return rounding == Rounding.WORDS ? tiles : byteTiles;
    }
  }

  /**
   * The routines that read matrices of one encoding of 16-bit floats.
   *
   * @param dot one row; see {@link FloatDotCode}
   * @param unpack for {@link PanelCode}; see {@link UnpackCode}
   */
  record Floats(Routine dot, Routine unpack) {}

  /**
   * The routines of {@link AmxProduct} that all encodings share.
   *
   * @param rows see {@link AmxRowCode}
   * @param whole 32 rows; see {@link AmxTileCode}
   * @param lower up to 16
   */
  record Amx(Routine rows, Routine whole, Routine lower) {}

  /** See {@link PanelRowCode}. */
  record PanelRows(
      Routine add,
      Routine copy,
      Routine rotateAdjacent,
      Routine rotateHalves,
      Routine storeKeys,
      Routine storeFloatKeys,
      Routine storeValues) {}

  private final CpuFeatures features;
  private final CodeSpace space;
  private final boolean bytes;
  private final int width;
  private final Map<Encoding, Integers> integers = new EnumMap<>(Encoding.class);
  private final Map<Encoding, Routine> packers = new EnumMap<>(Encoding.class);
  private final Map<Encoding, Floats> floats = new EnumMap<>(Encoding.class);
  private final Routine[] panels;
  private final Routine[] halfPanels;
  private final Routine[] quantizeWords;
  private final Routine[] quantizeBytes;
  private final Routine[] floatTiles;
  private final Routine norm;
  private final Routine layerNorm;
  private final Routine addLayerNorm;
  private final Routine exactGelu;
  private final Routine silu;
  private final Routine gelu;
  private final Routine cap;
  private final Routine softmax;
  private final PanelRows panelRows;
  private final @Nullable Amx amx;
  private final Routine[] byteTiles;
  private final @Nullable Routine roundBytes;

  /**
   * @param space where routines go
   * @param bytes whether those that take bytes are made too, or, on processors with AMX, tiles of
   *     bfloat16; the processor must multiply them
   */
  EmittedCode(CpuFeatures features, CodeSpace space, boolean bytes) {
    this.features = features;
    this.space = space;
    this.bytes = bytes;
    this.width = features.avx512() ? 64 : 32;
    int panelRows = PanelCode.maxRows(width);
    this.panels = byRows(panelRows, rows -> new PanelCode(rows, false, width).assemble());
    this.halfPanels = byRows(panelRows, rows -> new PanelCode(rows, true, width).assemble());
    this.quantizeWords =
        byRows(recordRows(), rows -> new QuantizeCode(Rounding.WORDS, rows).assemble());
    this.quantizeBytes =
        byRows(recordRows(), rows -> new QuantizeCode(Rounding.BYTES, rows).assemble());
    this.norm = late(() -> RowCode.norm(width));
    this.layerNorm = late(() -> RowCode.layerNorm(width, false));
    this.addLayerNorm = late(() -> RowCode.layerNorm(width, true));
    this.exactGelu = late(() -> GeluCode.assemble(width));
    this.floatTiles =
        byRows(FloatTileCode.maxRows(width), rows -> new FloatTileCode(rows, width).assemble());
    this.silu = late(() -> RowCode.gate(Activation.SILU, width));
    this.gelu = late(() -> RowCode.gate(Activation.GELU_TANH, width));
    this.cap = late(() -> RowCode.cap(width));
    this.softmax = late(() -> new SoftmaxCode(width).assemble());
    this.panelRows =
        new PanelRows(
            late(PanelRowCode::add),
            late(PanelRowCode::copy),
            late(PanelRowCode::rotateAdjacent),
            late(PanelRowCode::rotateHalves),
            late(PanelRowCode::storeKeys),
            late(PanelRowCode::storeFloatKeys),
            late(PanelRowCode::storeValues));
    this.amx =
        bytes && features.amx()
            ? new Amx(
                late(AmxRowCode::assemble),
                late(() -> new AmxTileCode(true).assemble()),
                late(() -> new AmxTileCode(false).assemble()))
            : null;
    this.byteTiles =
        features.vnni()
            ? byRows(ByteTileCode.ROWS, rows -> new ByteTileCode(rows).assemble())
            : new Routine[0];
    this.roundBytes = features.vnni() ? late(() -> new ByteRowCode().assemble()) : null;
  }

  /** A routine for each number of rows, 1 to {@code most}, at that index. */
  private Routine[] byRows(int most, IntFunction<Assembler> code) {
    Routine[] routines = new Routine[most + 1];
    for (int rows = 1; rows <= most; rows++) {
      int tile = rows;
      routines[rows] = late(() -> code.apply(tile));
    }
    return routines;
  }

  private Routine late(Supplier<Assembler> routine) {
    return new LateRoutine(space, routine);
  }

  /** Makes the routines for an encoding. */
  void require(Encoding encoding) {
    if (encoding == Encoding.F32) {
      return; // read where it lies
    }
    if (encoding.scales() == Encoding.Scales.NONE) {
      floats.computeIfAbsent(
          encoding,
          e ->
              new Floats(
                  late(() -> new FloatDotCode(e).assemble()),
                  late(() -> new UnpackCode(e).assemble())));
    } else {
      integers.computeIfAbsent(encoding, this::make);
    }
  }

  private Integers make(Encoding encoding) {
    return new Integers(
        late(() -> new DotCode(encoding, width, features.vnni()).assemble()),
        tiles(encoding, Rounding.WORDS),
        bytes && encoding != Encoding.WORDS ? tiles(encoding, Rounding.BYTES) : new Routine[0],
        amx != null && encoding != Encoding.WORDS
            ? late(() -> new AmxWeightCode(encoding).assemble())
            : null);
  }

  private Routine[] tiles(Encoding encoding, Rounding rounding) {
    return byRows(
        TileOperands.widest(width),
        rows -> new TileCode(rows, encoding, width, features.vnni(), rounding).assemble());
  }

  /** Whether products of integers are faster than those of floats. */
  boolean hasFastIntegers() {
    return features.vnni();
  }

  /** Whether there are the routines of {@link AmxProduct}. */
  boolean hasAmx() {
    return amx != null;
  }

  Amx amx() {
    return required(amx, "AMX");
  }

  /** See {@link AmxWeightCode}. */
  Routine amxWeights(Encoding encoding) {
    return required(integers(encoding).amxWeights(), encoding);
  }

  /** Rows of a record of quantized rows; see {@link TileOperands#recordRows}. */
  int recordRows() {
    return TileOperands.recordRows(width);
  }

  Integers integers(Encoding encoding) {
    return required(integers.get(encoding), encoding);
  }

  /**
   * See {@link PackCode}.
   *
   * @param encoding one that {@link PackCode#packs}
   */
  Routine pack(Encoding encoding) {
    return packers.computeIfAbsent(encoding, e -> late(() -> PackCode.of(e).assemble()));
  }

  Floats floats(Encoding encoding) {
    return required(floats.get(encoding), encoding);
  }

  private static <T> T required(@Nullable T routine, Object purpose) {
    if (routine == null) {
      throw new IllegalStateException("no routine for " + purpose + " was prepared");
    }
    return routine;
  }

  /** By rows of a tile; see {@link PanelCode}. */
  Routine[] panelRoutines(boolean half) {
    return half ? halfPanels : panels;
  }

  /** By rows of a tile; see {@link QuantizeCode}. */
  Routine[] quantize(Rounding rounding) {
    return rounding == Rounding.WORDS ? quantizeWords : quantizeBytes;
  }

  /** By rows of a tile; see {@link FloatTileCode}. */
  Routine[] floatTiles() {
    return floatTiles;
  }

  Routine norm() {
    return norm;
  }

  /** See {@link RowCode#layerNorm}. */
  Routine layerNorm(boolean adds) {
    return adds ? addLayerNorm : layerNorm;
  }

  /** See {@link GeluCode}. */
  Routine exactGelu() {
    return exactGelu;
  }

  Routine gate(Activation activation) {
    return activation == Activation.SILU ? silu : gelu;
  }

  Routine cap() {
    return cap;
  }

  /** See {@link SoftmaxCode}. */
  Routine softmax() {
    return softmax;
  }

  PanelRows panelRows() {
    return panelRows;
  }

  /** By rows of a tile; see {@link ByteTileCode}. */
  Routine[] byteTiles() {
    return byteTiles;
  }

  /** See {@link ByteRowCode}. */
  Routine roundBytes() {
    if (roundBytes == null) {
      throw new IllegalStateException("the processor does not multiply bytes");
    }
    return roundBytes;
  }

  /** {@code avx2}, {@code avx512-vnni}, {@code avx512-vnni-amx}: for names of kernel sets. */
  String name() {
    String vectors = width == 32 ? "avx2" : features.vnni() ? "avx512-vnni" : "avx512";
    return amx == null ? vectors : vectors + "-amx";
  }
}
