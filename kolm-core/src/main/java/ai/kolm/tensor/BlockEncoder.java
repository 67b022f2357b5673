package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The loop over the blocks of a type, and its checks; how to encode one is the subclass's. */
abstract class BlockEncoder implements Quantizer {
  private final TensorType type;

  BlockEncoder(TensorType type) {
    this.type = type;
  }

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final void encode(
      float[] source, int sourceOffset, MemorySegment target, long offset, int blocks) {
    int bytes = type.blockBytes();
    int size = type.blockSize();
    Objects.checkFromIndexSize(sourceOffset, (long) blocks * size, (long) source.length);
    Objects.checkFromIndexSize(offset, (long) blocks * bytes, target.byteSize());
    for (int i = sourceOffset; i < sourceOffset + blocks * size; i++) {
      if (!Float.isFinite(source[i])) {
        throw new IllegalArgumentException("cannot store %s as %s".formatted(source[i], type));
      }
    }
    for (int b = 0; b < blocks; b++) {
      encodeBlock(source, sourceOffset + b * size, target, offset + (long) b * bytes);
    }
  }

  /**
   * Encodes one block.
   *
   * @param source holds its values, all finite
   * @param from index of the first value
   * @param target receives the block
   * @param at where it goes, in bytes
   */
  abstract void encodeBlock(float[] source, int from, MemorySegment target, long at);

  /**
   * The nearest IEEE 754 binary16.
   *
   * @throws IllegalArgumentException if {@code value} is beyond its range
   */
  final short half(float value) {
    short half = Float.floatToFloat16(value);
    if (!Float.isFinite(Float.float16ToFloat(half))) {
      throw new IllegalArgumentException(
          "cannot store values as large as these as %s: %s does not fit 16 bits"
              .formatted(type, value));
    }
    return half;
  }
}
