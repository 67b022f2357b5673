package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;

import ai.kolm.kernels.x86.AmxTiles;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;

/**
 * Rows of activations times a panel of 32 weight rows, both as tiles of bfloat16 ({@link
 * AmxProduct} has the layout): four tiles of sums, 16 rows by 16 weight rows each, stay in
 * registers while columns pass by.
 */
final class AmxTileCode {
  /** Tiles of weights, of the first block of columns. */
  static final int WEIGHTS = 0;

  /** Blocks of 32 columns, at least 1. */
  static final int BLOCKS = 1;

  /** Tiles of activations, of the first block. */
  static final int ACTIVATIONS = 2;

  /** Bytes from the tiles of some rows to those of the next. */
  static final int ACTIVATION_STRIDE = 3;

  /** How often there are as many rows as the tiles have, at least 1. */
  static final int TILES = 4;

  /** Receives 32 floats per row. */
  static final int RESULT = 5;

  /** Bytes from a row of the result to the next. */
  static final int RESULT_STRIDE = 6;

  /** Bytes from a row of the result to that 16 rows on. */
  static final int RESULT_TILE = 7;

  /** 0: the result is set; else it is added to. */
  static final int START = 8;

  /** What {@link AmxTiles#configure} takes. */
  static final int CONFIGURATION = 9;

  // Tiles: sums of the upper rows, then of the lower ones, activations of both, weights.
  private static final int SUMS = 0;
  private static final int ROWS = 4;
  private static final int PARTS = 6;

  private final Assembler a = new Assembler();
  private final AmxTiles tiles = new AmxTiles(a);

  /** The first tile of rows there is: 1 where only the last ones are. */
  private final int first;

  /**
   * @param whole whether there are 32 rows, else up to 16, which are in the registers of the lower
   *     ones
   */
  AmxTileCode(boolean whole) {
    first = whole ? 0 : 1;
  }

  /** Whether a register has as many rows as there are of the lower ones: sums, or activations. */
  static boolean isOfLowerRows(int tile) {
    return tile == SUMS + 2 || tile == SUMS + 3 || tile == ROWS + 1;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RAX, Parameters.slot(CONFIGURATION));
    tiles.configure(RAX.at(0));
    a.mov(RDX, Parameters.slot(RESULT));
    a.mov(R8, Parameters.slot(RESULT_STRIDE));
    a.mov(R10, AmxTiles.ROW_BYTES);
    Assembler.Label rows = a.here();
    rows();
    a.mov(RAX, Parameters.slot(ACTIVATIONS));
    a.arithmetic(Arithmetic.ADD, RAX, Parameters.slot(ACTIVATION_STRIDE));
    a.mov(Parameters.slot(ACTIVATIONS), RAX);
    for (int tile = first; tile < 2; tile++) {
      a.arithmetic(Arithmetic.ADD, RDX, Parameters.slot(RESULT_TILE));
    }
    a.mov(RAX, Parameters.slot(TILES));
    a.sub(RAX, 1);
    a.mov(Parameters.slot(TILES), RAX);
    a.jump(Condition.NZ, rows);
    tiles.release();
    a.ret();
    return a;
  }

  /** All columns of the rows whose result is at RDX. */
  private void rows() {
    a.mov(R11, RDX);
    if (first == 0) {
      a.arithmetic(Arithmetic.ADD, R11, Parameters.slot(RESULT_TILE));
    }
    TileSums.begin(
        a,
        START,
        () -> eachSum((sum, _, _) -> tiles.zero(sum)),
        () -> eachSum((sum, row, at) -> tiles.load(sum, row.at(R8, 1, at))));
    a.mov(RSI, Parameters.slot(WEIGHTS));
    a.mov(R9, Parameters.slot(ACTIVATIONS));
    a.mov(RCX, Parameters.slot(BLOCKS));
    Assembler.Label block = a.here();
    block();
    a.add(RSI, AmxProduct.BLOCK_BYTES);
    a.add(R9, AmxProduct.BLOCK_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NZ, block);
    eachSum((sum, row, at) -> tiles.store(row.at(R8, 1, at), sum));
  }

  private void block() {
    for (int tile = first; tile < 2; tile++) {
      tiles.load(ROWS + tile, R9.at(R10, 1, (tile - first) * AmxProduct.TILE_BYTES));
      for (int part = 0; part < 2; part++) {
        if (tile == first) {
          tiles.load(PARTS + part, RSI.at(R10, 1, part * AmxProduct.TILE_BYTES));
        }
        tiles.multiplyAdd(SUMS + 2 * tile + part, ROWS + tile, PARTS + part);
      }
    }
  }

  private interface Sum {
    void at(int tile, Register row, int offset);
  }

  private void eachSum(Sum sum) {
    for (int tile = first; tile < 2; tile++) {
      for (int part = 0; part < 2; part++) {
        sum.at(SUMS + 2 * tile + part, tile == 0 ? RDX : R11, part * AmxTiles.ROW_BYTES);
      }
    }
  }
}
