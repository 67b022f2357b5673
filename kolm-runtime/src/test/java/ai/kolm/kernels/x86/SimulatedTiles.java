package ai.kolm.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The tiles of AMX, after the manual. What a processor would refuse with an exception is an {@link
 * IllegalStateException} here.
 */
final class SimulatedTiles {
  private static final int LANES = AmxTiles.ROW_BYTES / Integer.BYTES;

  private final MemorySegment memory;
  private final int[] rows = new int[AmxTiles.REGISTERS];
  private final int[] rowBytes = new int[AmxTiles.REGISTERS];
  private int[][][] tiles = new int[AmxTiles.REGISTERS][AmxTiles.ROWS][LANES];
  private boolean configured;

  /**
   * @param memory all of it
   */
  SimulatedTiles(MemorySegment memory) {
    this.memory = memory;
  }

  boolean configured() {
    return configured;
  }

  /** The 64 bytes at {@code address} say how large tiles are. */
  void configure(long address) {
    require(memory.get(ValueLayout.JAVA_BYTE, address) == 1, "palette 1");
    for (int i = 1; i < AmxTiles.CONFIGURATION_BYTES; i++) {
      boolean reserved = i < 16 || (i >= 32 && i < 48) || i >= 56;
      require(!reserved || memory.get(ValueLayout.JAVA_BYTE, address + i) == 0, "zeros");
    }
    for (int tile = 0; tile < AmxTiles.REGISTERS; tile++) {
      rowBytes[tile] = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, address + 16 + 2L * tile);
      rows[tile] = memory.get(ValueLayout.JAVA_BYTE, address + 48 + tile);
      require(rows[tile] > 0 && rows[tile] <= AmxTiles.ROWS, "1 to 16 rows");
      require(rowBytes[tile] > 0 && rowBytes[tile] <= AmxTiles.ROW_BYTES, "1 to 64 bytes a row");
    }
    tiles = new int[AmxTiles.REGISTERS][AmxTiles.ROWS][LANES];
    configured = true;
  }

  void release() {
    configured = false;
  }

  void zero(int tile) {
    use(tile);
    tiles[tile] = new int[AmxTiles.ROWS][LANES];
  }

  void load(int tile, long address, long stride) {
    use(tile);
    tiles[tile] = new int[AmxTiles.ROWS][LANES];
    for (int row = 0; row < rows[tile]; row++) {
      for (int i = 0; i < rowBytes[tile] / Integer.BYTES; i++) {
        long at = address + row * stride + (long) i * Integer.BYTES;
        tiles[tile][row][i] = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      }
    }
  }

  void store(int tile, long address, long stride) {
    use(tile);
    for (int row = 0; row < rows[tile]; row++) {
      for (int i = 0; i < rowBytes[tile] / Integer.BYTES; i++) {
        long at = address + row * stride + (long) i * Integer.BYTES;
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, tiles[tile][row][i]);
      }
    }
  }

  /** Sums of even and of odd columns, each a chain, are added to each other and then to dst. */
  void multiplyAdd(int dst, int a, int b) {
    use(dst);
    use(a);
    use(b);
    require(dst != a && dst != b && a != b, "three tiles");
    int pairs = rowBytes[a] / Integer.BYTES;
    require(rows[dst] == rows[a] && rowBytes[dst] == rowBytes[b] && rows[b] == pairs, "sizes");
    for (int row = 0; row < rows[a]; row++) {
      for (int n = 0; n < rowBytes[dst] / Integer.BYTES; n++) {
        float even = 0;
        float odd = 0;
        for (int k = 0; k < pairs; k++) {
          int x = tiles[a][row][k];
          int w = tiles[b][k][n];
          even = flush(Math.fma(real(x << 16), real(w << 16), even));
          odd = flush(Math.fma(real(x), real(w), odd));
        }
        float sum = flush(Float.intBitsToFloat(tiles[dst][row][n])) + flush(even + odd);
        tiles[dst][row][n] = Float.floatToRawIntBits(flush(sum));
      }
    }
  }

  /** The upper half of {@code bits} as a number. */
  private static float real(int bits) {
    return flush(Float.intBitsToFloat(bits & 0xFFFF0000));
  }

  /** Numbers that are too small to be normal are zeros, before and after. */
  private static float flush(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0, x) : x;
  }

  private void use(int tile) {
    require(configured && tile < AmxTiles.REGISTERS, "configured tiles");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("expected " + what);
    }
  }
}
