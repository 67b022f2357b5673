package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** To F32: the values themselves. */
final class F32Quantizer extends BlockEncoder {

  F32Quantizer() {
    super(TensorType.F32);
  }

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    Fields.putFloat(target, at, source[from]);
  }
}
