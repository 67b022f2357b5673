package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.x86.Assembler;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All routines can be assembled for all widths, whatever this machine can run. */
class EmittedCodeTest {
  /** Twice what the largest has: code that does not fit into caches is a mistake in a generator. */
  private static final int LARGEST = 16 << 10;

  private static final Rounding[] ONLY_WORDS = {Rounding.WORDS};

  @ParameterizedTest
  @ValueSource(ints = {32, 64})
  void everyRoutineIsAssembled(int width) {
    for (Encoding encoding : Encoding.values()) {
      if (encoding.scales() != Encoding.Scales.NONE) {
        check(new DotCode(encoding, width, width == 64).assemble());
        for (int rows = 1; rows <= TileOperands.widest(width); rows++) {
          boolean bytes = width == 64 && encoding != Encoding.WORDS;
          for (Rounding rounding : bytes ? Rounding.values() : ONLY_WORDS) {
            check(new TileCode(rows, encoding, width, width == 64, rounding).assemble());
          }
        }
      } else if (encoding != Encoding.F32) {
        check(new UnpackCode(encoding).assemble());
        check(new FloatDotCode(encoding).assemble());
      }
      if (PackCode.packs(encoding)) {
        check(PackCode.of(encoding).assemble());
      }
    }
    for (int rows = 1; rows <= PanelCode.maxRows(width); rows++) {
      check(new PanelCode(rows, true, width).assemble());
      check(new PanelCode(rows, false, width).assemble());
    }
    for (int rows = 1; rows <= FloatTileCode.maxRows(width); rows++) {
      check(new FloatTileCode(rows, width).assemble());
    }
    check(GeluCode.assemble(width));
    check(RowCode.layerNorm(width, true));
    if (width == 64) {
      check(new ByteRowCode().assemble());
      for (int rows = 1; rows <= ByteTileCode.ROWS; rows++) {
        check(new ByteTileCode(rows).assemble());
      }
    }
  }

  private static void check(Assembler assembler) {
    byte[] code = assembler.assemble();
    assertTrue(code.length > 16 && code.length < LARGEST, code.length + " bytes");
  }
}
