package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** F16: one IEEE 754 binary16 per element. */
final class F16Format extends BlockDecoder {

  F16Format() {
    super(TensorType.F16);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    target[to] = Fields.f16(source, at);
  }
}
