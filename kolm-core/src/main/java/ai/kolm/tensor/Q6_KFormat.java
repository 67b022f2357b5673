package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q6_K: 256 elements in 16 groups of 16, {@code x = (d * scale) * (q - 32)}.
 *
 * <pre>
 * offset bytes
 *      0   128  l  256 x 4   low nibble of byte 64k + i: lower bits of element 128k + i, high
 *                            nibble: of element 128k + 64 + i
 *    128    64  h  256 x 2   bits 2j, 2j+1 of byte 32k + i: upper bits of element 128k + 32j + i
 *    192    16  s  16 x i8   scales
 *    208     2  d  f16
 * </pre>
 */
final class Q6_KFormat extends BlockDecoder {

  Q6_KFormat() {
    super(TensorType.Q6_K);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at + 208);
    for (int g = 0; g < 16; g++) {
      float scale = d * Fields.i8(source, at + 192 + g);
      long l = at + 64L * (g / 8) + 16L * (g % 4);
      long h = at + 128 + 32L * (g / 8) + 16L * (g % 2);
      int lowShift = 4 * (g % 8 / 4);
      int highShift = 2 * (g % 8 / 2);
      for (int i = 0; i < 16; i++) {
        int low = Fields.u8(source, l + i) >> lowShift & 0xF;
        int high = Fields.u8(source, h + i) >> highShift & 3;
        target[to + 16 * g + i] = scale * (((high << 4) | low) - 32);
      }
    }
  }
}
