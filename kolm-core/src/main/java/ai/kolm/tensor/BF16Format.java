package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** BF16: the upper half of an IEEE 754 binary32 per element. */
final class BF16Format implements BlockFormat {

  @Override
  public TensorType type() {
    return TensorType.BF16;
  }

  @Override
  public void decode(
      MemorySegment source, long offset, float[] target, int targetOffset, int blocks) {
    BlockDecoder.checkBounds(type(), source, offset, target, targetOffset, blocks);
    for (int i = 0; i < blocks; i++) {
      target[targetOffset + i] = Float.intBitsToFloat(Fields.i16(source, offset + 2L * i) << 16);
    }
  }
}
