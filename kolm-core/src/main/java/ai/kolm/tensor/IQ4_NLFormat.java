package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * IQ4_NL: 32 elements, {@code x = d * level[q]}: 4 bits with levels that are closer near zero.
 *
 * <pre>
 * offset bytes
 *      0     2  d   f16
 *      2    16  q   32 x 4  low nibble of byte i: element i, high nibble: element i + 16
 * </pre>
 */
final class IQ4_NLFormat extends BlockDecoder {
  private static final byte[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  IQ4_NLFormat() {
    super(TensorType.IQ4_NL);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at);
    for (int i = 0; i < 16; i++) {
      int q = Fields.u8(source, at + 2 + i);
      target[to + i] = d * LEVELS[q & 0xF];
      target[to + 16 + i] = d * LEVELS[q >> 4];
    }
  }
}
