package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q4_K: 256 elements in 8 groups of 32, {@code x = (d * scale) * q - (dmin * min)}.
 *
 * <pre>
 * offset bytes
 *      0     2  d     f16
 *      2     2  dmin  f16
 *      4    12  s     8 x 6 + 8 x 6  scale and min of each group, see {@link #scale}, {@link #min}
 *     16   128  q     256 x 4        low nibble of byte 32j + i: element 64j + i, high nibble:
 *                                    element 64j + 32 + i
 * </pre>
 */
final class Q4_KFormat extends BlockDecoder {

  Q4_KFormat() {
    super(TensorType.Q4_K);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at);
    float dmin = Fields.f16(source, at + 2);
    for (int g = 0; g < 8; g++) {
      float scale = d * scale(source, at + 4, g);
      float min = dmin * min(source, at + 4, g);
      long q = at + 16 + 32L * (g / 2);
      int shift = 4 * (g % 2);
      for (int i = 0; i < 32; i++) {
        target[to + 32 * g + i] = scale * (Fields.u8(source, q + i) >> shift & 0xF) - min;
      }
    }
  }

  /**
   * The 6-bit scale of a group. Groups 0 to 3: the lower six bits of byte g. Groups 4 to 7: the low
   * nibble of byte g + 4, and the upper two bits of byte g - 4 above it.
   *
   * @param s where the 12 bytes start
   */
  static int scale(MemorySegment source, long s, int g) {
    return g < 4
        ? Fields.u8(source, s + g) & 0x3F
        : (Fields.u8(source, s + g + 4) & 0xF) | (Fields.u8(source, s + g - 4) >> 6 << 4);
  }

  /**
   * The 6-bit min of a group. Groups 0 to 3: the lower six bits of byte g + 4. Groups 4 to 7: the
   * high nibble of byte g + 4, and the upper two bits of byte g above it.
   *
   * @param s where the 12 bytes start
   */
  static int min(MemorySegment source, long s, int g) {
    return g < 4
        ? Fields.u8(source, s + g + 4) & 0x3F
        : (Fields.u8(source, s + g + 4) >> 4) | (Fields.u8(source, s + g) >> 6 << 4);
  }
}
