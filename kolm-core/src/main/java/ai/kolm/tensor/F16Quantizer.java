package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** To F16: the nearest, ties to even. */
final class F16Quantizer extends BlockEncoder {

  F16Quantizer() {
    super(TensorType.F16);
  }

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    Fields.putShort(target, at, half(source[from]));
  }
}
