package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q4_1: 32 elements, {@code x = d * q + m}.
 *
 * <pre>
 * offset bytes
 *      0     2  d   f16     scale
 *      2     2  m   f16     minimum
 *      4    16  q   32 x 4  low nibble of byte i: element i, high nibble: element i + 16
 * </pre>
 */
final class Q4_1Format extends BlockDecoder {

  Q4_1Format() {
    super(TensorType.Q4_1);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at);
    float m = Fields.f16(source, at + 2);
    for (int i = 0; i < 16; i++) {
      int q = Fields.u8(source, at + 4 + i);
      target[to + i] = d * (q & 0xF) + m;
      target[to + 16 + i] = d * (q >> 4) + m;
    }
  }
}
