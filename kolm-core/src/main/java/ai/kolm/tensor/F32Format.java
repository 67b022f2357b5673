package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** F32: one IEEE 754 binary32 per element. */
final class F32Format extends BlockDecoder {

  F32Format() {
    super(TensorType.F32);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    target[to] = Fields.f32(source, at);
  }
}
