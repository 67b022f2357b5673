package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** What encoders do element by element, in machine code: {@link GeluCode}, {@link RowCode}. */
final class EmittedEncoderRows {
  private final EmittedCode code;
  private final MemorySegment constants;
  private final MemorySegment gelu;
  private final Parameters[] parameters;

  EmittedEncoderRows(
      Arena arena, EmittedCode code, MemorySegment constants, Parameters[] parameters) {
    this.code = code;
    this.constants = constants;
    this.parameters = parameters;
    gelu = GeluCode.table(arena);
  }

  /**
   * @throws IllegalArgumentException if weights and biases are not those of the columns of x
   */
  void check(Panels x, LayerNorm norm) {
    if (norm.weight().width() != x.width()) {
      throw new IllegalArgumentException(
          "norm of %d columns with %d weights".formatted(x.width(), norm.weight().width()));
    }
  }

  /** Adds 32 biases to rows of a panel. */
  void addBias(Panels y, int panel, ParameterVector bias, int from, int to, int worker) {
    Parameters p = parameters[worker];
    long first = (long) panel * Panels.WIDTH * Float.BYTES;
    p.set(PanelRowCode.X, y.address(from, panel * Panels.WIDTH));
    p.set(PanelRowCode.X_STRIDE, y.rowStride());
    p.set(PanelRowCode.ROWS, to - from);
    p.set(PanelRowCode.Y, bias.memory().address() + first);
    p.set(PanelRowCode.Y_STRIDE, 0);
    p.set(PanelRowCode.FACTORS, Constants.ONE.in(constants));
    code.panelRows().add().call(p.address());
  }

  /** See {@link Kernels#gelu}; rows of a panel. */
  void gelu(Panels x, int panel, int from, int to, int worker) {
    Parameters p = parameters[worker];
    p.set(GeluCode.X, x.address(from, panel * Panels.WIDTH));
    p.set(GeluCode.X_STRIDE, x.rowStride());
    p.set(GeluCode.ROWS, to - from);
    p.set(GeluCode.TABLE, gelu.address());
    code.exactGelu().call(p.address());
  }

  /** See {@link Kernels#layerNorm} and {@link Kernels#addLayerNorm}; of whole panels. */
  void norm(Panels x, @Nullable Panels added, LayerNorm norm, int from, int to, int worker) {
    Parameters p = parameters[worker];
    for (int row = from; row < to; row++) {
      p.set(RowCode.X, x.address(row, 0));
      p.set(RowCode.X_STRIDE, x.panelStride());
      p.set(RowCode.PANELS, x.panels());
      p.set(RowCode.OTHER, norm.weight().memory().address());
      p.set(RowCode.BIAS, norm.bias().memory().address());
      if (added != null) {
        p.set(RowCode.Y, added.address(row, 0));
        p.set(RowCode.Y_STRIDE, added.panelStride());
      }
      p.set(RowCode.CONSTANTS, constants.address());
      p.set(RowCode.EPS, norm.eps());
      p.set(RowCode.WIDTH, (float) x.width());
      code.layerNorm(added != null).call(p.address());
    }
  }
}
