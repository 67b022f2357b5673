package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * To Q8_0: the value of largest magnitude becomes 127 or -127; the others are rounded to the
 * nearest step, halves away from zero.
 */
final class Q8_0Quantizer extends BlockEncoder {

  Q8_0Quantizer() {
    super(TensorType.Q8_0);
  }

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    float largest = 0;
    for (int i = from; i < from + 32; i++) {
      largest = Math.max(largest, Math.abs(source[i]));
    }
    float d = largest / 127;
    float inverse = d == 0 ? 0 : 1 / d;
    Fields.putShort(target, at, half(d));
    for (int i = 0; i < 32; i++) {
      Fields.putByte(target, at + 2 + i, roundHalfAway(source[from + i] * inverse));
    }
  }

  /** Not {@code (int) (|x| + 0.5)}: that sum can round up. */
  private static int roundHalfAway(float x) {
    float magnitude = Math.abs(x);
    int floor = (int) magnitude;
    int rounded = magnitude - floor >= 0.5f ? floor + 1 : floor;
    return x < 0 ? -rounded : rounded;
  }
}
