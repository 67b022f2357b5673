package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Q8_0: 32 elements, {@code x = d * q}.
 *
 * <pre>
 * offset bytes
 *      0     2  d   f16
 *      2    32  q   32 x i8
 * </pre>
 */
final class Q8_0Format extends BlockDecoder {

  Q8_0Format() {
    super(TensorType.Q8_0);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float d = Fields.f16(source, at);
    for (int i = 0; i < 32; i++) {
      target[to + i] = d * Fields.i8(source, at + 2 + i);
    }
  }
}
