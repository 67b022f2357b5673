package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q3_K: 256 elements in 16 groups of 16, {@code x = (d * (scale - 32)) * (q - 4)}.
 *
 * <pre>
 * offset bytes
 *      0    32  h     256 x 1  bit j of byte i: third bit of element 32j + i
 *     32    64  q     256 x 2  bits 2j, 2j+1 of byte 32k + i: lower bits of element 128k + 32j + i
 *     96     8  s     16 x 4   low nibble of byte g: lower bits of scale g, high nibble: of g + 8
 *    104     4  t     16 x 2   bits 2j, 2j+1 of byte i: upper bits of scale 4j + i
 *    108     2  d     f16
 * </pre>
 */
final class Q3_KFormat extends BlockDecoder {

  Q3_KFormat() {
    super(TensorType.Q3_K);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at + 108);
    for (int g = 0; g < 16; g++) {
      float scale = d * (scale(source, at + 96, g) - 32);
      long h = at + 16L * (g % 2);
      long q = at + 32 + 32L * (g / 8) + 16L * (g % 2);
      int shift = 2 * (g % 8 / 2);
      for (int i = 0; i < 16; i++) {
        int high = Fields.u8(source, h + i) >> (g / 2) & 1;
        int low = Fields.u8(source, q + i) >> shift & 3;
        target[to + 16 * g + i] = scale * (((high << 2) | low) - 4);
      }
    }
  }

  private static int scale(MemorySegment source, long s, int g) {
    int low = Fields.u8(source, s + g % 8) >> (4 * (g / 8)) & 0xF;
    int high = Fields.u8(source, s + 8 + g % 4) >> (2 * (g / 4)) & 3;
    return (high << 4) | low;
  }
}
