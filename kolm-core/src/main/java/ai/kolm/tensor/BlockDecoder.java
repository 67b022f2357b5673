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
    Objects.checkFromIndexSize(offset, (long) blocks * bytes, source.byteSize());
    Objects.checkFromIndexSize(targetOffset, (long) blocks * size, (long) target.length);
    for (int b = 0; b < blocks; b++) {
      decodeBlock(source, offset + (long) b * bytes, target, targetOffset + b * size);
    }
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
