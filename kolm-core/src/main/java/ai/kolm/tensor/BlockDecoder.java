package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The loop over the blocks of a quantised type; what a block means is the subclass's. */
abstract class BlockDecoder implements BlockFormat {
  private final TensorType type;

  BlockDecoder(TensorType type) {
    this.type = type;
  }

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final void decode(
      MemorySegment source, long offset, float[] target, int targetOffset, int blocks) {
    int bytes = type.blockBytes();
    int size = type.blockSize();
    checkBounds(type, source, offset, target, targetOffset, blocks);
    for (int b = 0; b < blocks; b++) {
      decodeBlock(source, offset + (long) b * bytes, target, targetOffset + b * size);
    }
  }

  /** Refuses blocks outside the source, or values outside the target, before any is decoded. */
  static void checkBounds(
      TensorType type,
      MemorySegment source,
      long offset,
      float[] target,
      int targetOffset,
      int blocks) {
    Objects.checkFromIndexSize(offset, (long) blocks * type.blockBytes(), source.byteSize());
    Objects.checkFromIndexSize(
        targetOffset, (long) blocks * type.blockSize(), (long) target.length);
  }

  /**
   * Decodes one block.
   *
   * @param source holds the block
   * @param at where it starts, in bytes
   * @param target receives its values
   * @param to index of the first value
   */
  abstract void decodeBlock(MemorySegment source, long at, float[] target, int to);
}
