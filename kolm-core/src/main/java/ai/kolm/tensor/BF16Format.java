package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** BF16: the upper half of an IEEE 754 binary32 per element. */
final class BF16Format extends BlockDecoder {

  BF16Format() {
    super(TensorType.BF16);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    target[to] = Float.intBitsToFloat(Fields.i16(source, at) << 16);
  }
}
