package ai.kolm.kernels;

import ai.kolm.kernels.x86.CodeSpace;
import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Routine;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routines of {@link EmittedKernels}, made for this processor. Those for an encoding are made
 * when a matrix of that encoding is prepared: {@link #require} by one thread at a time, before
 * others multiply with it.
 */
final class EmittedCode {

  /**
   * The routines that multiply with matrices of one encoding.
   *
   * @param dot one row; see {@link DotCode}
   * @param tiles by rows of a tile; see {@link TileCode}
   * @param byteTiles those that take bytes; none where they are not wanted
   */
  record Integers(Routine dot, Routine[] tiles, Routine[] byteTiles) {
    Routine[] tiles(Rounding rounding) {
      return rounding == Rounding.WORDS ? tiles : byteTiles;
    }
  }

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
  private final Map<Encoding, Routine> floats = new EnumMap<>(Encoding.class);
  private final Routine[] panels;
  private final Routine[] halfPanels;
  private final Routine quantizeWords;
  private final Routine quantizeBytes;
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
  private final Routine[] byteTiles;
  private final @Nullable Routine roundBytes;

  /**
   * @param space where routines go
   * @param bytes whether those that take bytes are made too; the processor must multiply them
   */
  EmittedCode(CpuFeatures features, CodeSpace space, boolean bytes) {
    this.features = features;
    this.space = space;
    this.bytes = bytes;
    this.width = features.avx512() ? 64 : 32;
    this.panels = panels(false);
    this.halfPanels = panels(true);
    this.quantizeWords = space.place(new QuantizeCode(Rounding.WORDS).assemble());
    this.quantizeBytes = space.place(new QuantizeCode(Rounding.BYTES).assemble());
    this.norm = space.place(RowCode.norm(width));
    this.layerNorm = space.place(RowCode.layerNorm(width, false));
    this.addLayerNorm = space.place(RowCode.layerNorm(width, true));
    this.exactGelu = space.place(GeluCode.assemble(width));
    this.floatTiles = new Routine[FloatTileCode.maxRows(width) + 1];
    for (int rows = 1; rows < floatTiles.length; rows++) {
      floatTiles[rows] = space.place(new FloatTileCode(rows, width).assemble());
    }
    this.silu = space.place(RowCode.gate(Activation.SILU, width));
    this.gelu = space.place(RowCode.gate(Activation.GELU_TANH, width));
    this.cap = space.place(RowCode.cap(width));
    this.softmax = space.place(RowCode.softmax(width));
    this.panelRows =
        new PanelRows(
            space.place(PanelRowCode.add()),
            space.place(PanelRowCode.copy()),
            space.place(PanelRowCode.rotateAdjacent()),
            space.place(PanelRowCode.rotateHalves()),
            space.place(PanelRowCode.storeKeys()),
            space.place(PanelRowCode.storeFloatKeys()),
            space.place(PanelRowCode.storeValues()));
    this.byteTiles = new Routine[features.vnni() ? ByteTileCode.ROWS + 1 : 0];
    for (int rows = 1; rows < byteTiles.length; rows++) {
      byteTiles[rows] = space.place(new ByteTileCode(rows).assemble());
    }
    this.roundBytes = features.vnni() ? space.place(new ByteRowCode().assemble()) : null;
  }

  private Routine[] panels(boolean half) {
    Routine[] routines = new Routine[PanelCode.maxRows(width) + 1];
    for (int rows = 1; rows < routines.length; rows++) {
      routines[rows] = space.place(new PanelCode(rows, half, width).assemble());
    }
    return routines;
  }

  /** Makes the routines for an encoding. */
  void require(Encoding encoding) {
    if (encoding == Encoding.F32) {
      return; // read where it lies
    }
    if (encoding.scales() == Encoding.Scales.NONE) {
      floats.computeIfAbsent(encoding, e -> space.place(new UnpackCode(e).assemble()));
    } else {
      integers.computeIfAbsent(encoding, this::make);
    }
  }

  private Integers make(Encoding encoding) {
    return new Integers(
        space.place(new DotCode(encoding, width, features.vnni()).assemble()),
        tiles(encoding, Rounding.WORDS),
        bytes && encoding != Encoding.WORDS ? tiles(encoding, Rounding.BYTES) : new Routine[0]);
  }

  private Routine[] tiles(Encoding encoding, Rounding rounding) {
    Routine[] tiles = new Routine[TileCode.widest(width) + 1];
    for (int rows = 1; rows < tiles.length; rows++) {
      TileCode code = new TileCode(rows, encoding, width, features.vnni(), rounding);
      tiles[rows] = space.place(code.assemble());
    }
    return tiles;
  }

  /** Whether products of integers are faster than those of floats. */
  boolean hasFastIntegers() {
    return features.vnni();
  }

  /** Rows of a record of quantized rows; see {@link TileCode#recordRows}. */
  int recordRows() {
    return TileCode.recordRows(width);
  }

  Integers integers(Encoding encoding) {
    return required(integers.get(encoding), encoding);
  }

  /** See {@link UnpackCode}. */
  Routine unpackFloats(Encoding encoding) {
    return required(floats.get(encoding), encoding);
  }

  private static <T> T required(@Nullable T routine, Encoding encoding) {
    if (routine == null) {
      throw new IllegalStateException("no matrix of " + encoding + " was prepared");
    }
    return routine;
  }

  /** By rows of a tile; see {@link PanelCode}. */
  Routine[] panelRoutines(boolean half) {
    return half ? halfPanels : panels;
  }

  /** See {@link QuantizeCode}. */
  Routine quantize(Rounding rounding) {
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

  /** {@code avx2}, {@code avx512-vnni}: for names of kernel sets. */
  String name() {
    return width == 32 ? "avx2" : features.vnni() ? "avx512-vnni" : "avx512";
  }
}
