package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * To Q4_0: the value of largest magnitude becomes -8, so the scale takes the opposite of its sign;
 * the others are rounded to the nearest of -8 to 7.
 */
final class Q4_0Quantizer extends BlockEncoder {

  Q4_0Quantizer() {
    super(TensorType.Q4_0);
  }

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    float largest = source[from];
    for (int i = from + 1; i < from + 32; i++) {
      if (Math.abs(source[i]) > Math.abs(largest)) {
        largest = source[i];
      }
    }
    float d = largest / -8;
    float inverse = d == 0 ? 0 : 1 / d;
    Fields.putShort(target, at, half(d));
    for (int i = 0; i < 16; i++) {
      int low = level(source[from + i] * inverse);
      int high = level(source[from + 16 + i] * inverse);
      Fields.putByte(target, at + 2 + i, low | (high << 4));
    }
  }

  private static int level(float scaled) {
    return Math.clamp((int) (scaled + 8.5f), 0, 15);
  }
}
