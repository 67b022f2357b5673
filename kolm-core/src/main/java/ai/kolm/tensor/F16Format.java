package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** F16: one IEEE 754 binary16 per element. */
final class F16Format implements BlockFormat {

  @Override
  public TensorType type() {
    return TensorType.F16;
  }

  @Override
  public void decode(
      MemorySegment source, long offset, float[] target, int targetOffset, int blocks) {
    BlockDecoder.checkBounds(type(), source, offset, target, targetOffset, blocks);
    for (int i = 0; i < blocks; i++) {
      target[targetOffset + i] = Fields.f16(source, offset + 2L * i);
    }
  }
}
