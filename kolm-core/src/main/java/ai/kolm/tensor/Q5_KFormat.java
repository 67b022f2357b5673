package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q5_K: 256 elements in 8 groups of 32, {@code x = (d * scale) * q - (dmin * min)}.
 *
 * <pre>
 * offset bytes
 *      0     2  d     f16
 *      2     2  dmin  f16
 *      4    12  s     scales and mins, as in {@link Q4_KFormat}
 *     16    32  h     256 x 1  bit g of byte i: fifth bit of element 32g + i
 *     48   128  q     256 x 4  low nibble of byte 32j + i: element 64j + i, high nibble:
 *                              element 64j + 32 + i
 * </pre>
 */
final class Q5_KFormat extends BlockDecoder {

  Q5_KFormat() {
    super(TensorType.Q5_K);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at);
    float dmin = Fields.f16(source, at + 2);
    for (int g = 0; g < 8; g++) {
      float scale = d * Q4_KFormat.scale(source, at + 4, g);
      float min = dmin * Q4_KFormat.min(source, at + 4, g);
      long q = at + 48 + 32L * (g / 2);
      int shift = 4 * (g % 2);
      for (int i = 0; i < 32; i++) {
        int high = Fields.u8(source, at + 16 + i) >> g & 1;
        int low = Fields.u8(source, q + i) >> shift & 0xF;
        target[to + 32 * g + i] = scale * ((high << 4) | low) - min;
      }
    }
  }
}
