package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q2_K: 256 elements in 16 groups of 16, {@code x = (d * scale) * q - (dmin * min)}.
 *
 * <pre>
 * offset bytes
 *      0    16  s     low nibble of byte g: scale of group g, high nibble: its min
 *     16    64  q     256 x 2  bits 2j, 2j+1 of byte 32h + i: element 128h + 32j + i
 *     80     2  d     f16
 *     82     2  dmin  f16
 * </pre>
 */
final class Q2_KFormat extends BlockDecoder {

  Q2_KFormat() {
    super(TensorType.Q2_K);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at + 80);
    float dmin = Fields.f16(source, at + 82);
    for (int g = 0; g < 16; g++) {
      int s = Fields.u8(source, at + g);
      float scale = d * (s & 0xF);
      float min = dmin * (s >> 4);
      long q = at + 16 + 32L * (g / 8) + 16L * (g % 2);
      int shift = 2 * (g % 8 / 2);
      for (int i = 0; i < 16; i++) {
        target[to + 16 * g + i] = scale * (Fields.u8(source, q + i) >> shift & 3) - min;
      }
    }
  }
}
