package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/** To BF16: the nearest, ties to even. */
final class BF16Quantizer extends BlockEncoder {

  BF16Quantizer() {
    super(TensorType.BF16);
  }

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    int bits = Float.floatToRawIntBits(source[from]);
    int upper = (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
    if (!Float.isFinite(Float.intBitsToFloat(upper << 16))) {
      throw new IllegalArgumentException("cannot store %s as BF16".formatted(source[from]));
    }
    Fields.putShort(target, at, (short) upper);
  }
}
