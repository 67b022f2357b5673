package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** F32: one IEEE 754 binary32 per element. */
final class F32Format implements BlockFormat {

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public void decode(
      MemorySegment source, long offset, float[] target, int targetOffset, int blocks) {
    BlockDecoder.checkBounds(type(), source, offset, target, targetOffset, blocks);
    for (int i = 0; i < blocks; i++) {
      target[targetOffset + i] = Fields.f32(source, offset + 4L * i);
    }
  }
}
