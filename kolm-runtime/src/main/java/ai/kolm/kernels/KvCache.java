package ai.kolm.kernels;

import ai.kolm.kernels.pages.HugePages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of all layers, in blocks of {@value #BLOCK} positions that sequences own in any
 * order (Kwon et al. 2023, "PagedAttention"). Of each block and layer:
 *
 * <pre>{@code
 * keys    [kvHeads][headDim][32 positions]
 * values  [kvHeads][32 positions][headDim, rounded up to 32]
 * }</pre>
 *
 * <p>so that scores have positions in vector lanes and weighted sums have dimensions there, and no
 * sum runs across lanes.
 *
 * <p>Memory comes in slabs when a block is first used, and stays. Not thread-safe, except that
 * different positions may be stored by different threads after {@link #require}.
 */
public final class KvCache {
  /** Positions per block. */
  public static final int BLOCK = Panels.WIDTH;

  private static final int SLAB_BLOCKS = 16;
  private static final int ALIGNMENT = 64;
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** How numbers are kept. */
  public enum Precision {
    /** Half precision: what serving uses. */
    HALF(2),
    /** Single precision: what the exact path uses. */
    SINGLE(4);

    private final int bytes;

    Precision(int bytes) {
      this.bytes = bytes;
    }
  }

  /**
   * The sizes of a cache.
   *
   * @param layers decoder layers
   * @param heads key-value heads
   * @param headDim dimensions of a head
   * @param precision how numbers are kept
   */
  public record Layout(int layers, int heads, int headDim, Precision precision) {
    /** Bytes of one block, all layers. */
    public long blockBytes() {
      return Math.multiplyExact(layers, layerBytes());
    }

    long layerBytes() {
      return keyBytes() + (long) heads * BLOCK * valueDim() * precision.bytes;
    }

    long keyBytes() {
      return (long) heads * headDim * BLOCK * precision.bytes;
    }

    /** Dimensions of a value as stored. */
    int valueDim() {
      return Panels.roundUp(headDim);
    }

    int elementBytes() {
      return precision.bytes;
    }
  }

  private final SegmentAllocator memory;
  private final Layout layout;
  private final int blocks;
  private final @Nullable MemorySegment[] slabs;

  /**
   * A cache without memory yet.
   *
   * @param blocks the most blocks there may be
   */
  public KvCache(Arena arena, Layout layout, int blocks) {
    if (blocks < 1) {
      throw new IllegalArgumentException("a cache of " + blocks + " blocks");
    }
    this.memory = HugePages.in(arena);
    this.layout = layout;
    this.blocks = blocks;
    this.slabs = new MemorySegment[(blocks + SLAB_BLOCKS - 1) / SLAB_BLOCKS];
  }

  /** The sizes. */
  public Layout layout() {
    return layout;
  }

  /** The most blocks there may be; ids are below this. */
  public int blocks() {
    return blocks;
  }

  /**
   * Makes sure that {@code block} has memory.
   *
   * @throws IndexOutOfBoundsException if there is no such block
   */
  public void require(int block) {
    checkSlots(block, 0, 1);
    int slab = block / SLAB_BLOCKS;
    if (slabs[slab] == null) {
      long count = Math.min(SLAB_BLOCKS, blocks - slab * SLAB_BLOCKS);
      slabs[slab] = memory.allocate(count * layout.blockBytes(), ALIGNMENT);
    }
  }

  /** Copies one block to another, all layers. */
  public void copy(int from, int to) {
    require(from);
    require(to);
    long bytes = layout.blockBytes();
    MemorySegment.copy(memory(from), start(from), memory(to), start(to), bytes);
  }

  /** The memory that holds {@code block}. */
  MemorySegment memory(int block) {
    MemorySegment slab = slabs[block / SLAB_BLOCKS];
    if (slab == null) {
      throw new IllegalStateException("block " + block + " was never stored to");
    }
    return slab;
  }

  /** Refuses positions that a block has not. */
  void checkSlots(int block, int slot, int count) {
    if (block < 0 || block >= blocks || slot < 0 || count < 1 || slot + count > BLOCK) {
      throw new IndexOutOfBoundsException(
          "%d positions at %d of block %d".formatted(count, slot, block));
    }
  }

  private long start(int block) {
    return block % SLAB_BLOCKS * layout.blockBytes();
  }

  /** Offset of the keys of one head. */
  long keys(int block, int layer, int head) {
    return start(block)
        + layer * layout.layerBytes()
        + (long) head * layout.headDim() * BLOCK * layout.elementBytes();
  }

  /** Offset of the values of one head. */
  long values(int block, int layer, int head) {
    return start(block)
        + layer * layout.layerBytes()
        + layout.keyBytes()
        + (long) head * BLOCK * layout.valueDim() * layout.elementBytes();
  }

  /**
   * Stores key and value of one position, taken from row {@code row} of (rows, heads * headDim).
   */
  void store(int layer, int block, int slot, Panels keys, Panels values, int row) {
    MemorySegment memory = memory(block);
    int dim = layout.headDim();
    for (int head = 0; head < layout.heads(); head++) {
      long key = keys(block, layer, head);
      long value = values(block, layer, head);
      int count;
      for (int d = 0; d < dim; d += count) {
        int column = head * dim + d;
        // What lies together: the rest of the head or of the panel.
        count = Math.min(dim - d, Panels.WIDTH - column % Panels.WIDTH);
        long from = keys.offset(row, column);
        put(memory, key, (long) d * BLOCK + slot, BLOCK, keys.data(), from, count);
        from = values.offset(row, column);
        put(memory, value, (long) slot * layout.valueDim() + d, 1, values.data(), from, count);
      }
    }
  }

  /** Puts {@code count} numbers at {@code index}, {@code step} further, and so on. */
  private void put(
      MemorySegment memory,
      long base,
      long index,
      int step,
      MemorySegment numbers,
      long from,
      int count) {
    switch (layout.precision()) {
      case HALF -> {
        for (int i = 0; i < count; i++) {
          short half = Float.floatToFloat16(numbers.get(FLOAT, from + 4L * i));
          memory.set(HALF, base + 2 * (index + (long) i * step), half);
        }
      }
      case SINGLE -> {
        for (int i = 0; i < count; i++) {
          float number = numbers.get(FLOAT, from + 4L * i);
          memory.set(FLOAT, base + 4 * (index + (long) i * step), number);
        }
      }
    }
  }

  /** Element {@code index} of the run of numbers that starts at {@code base}. */
  float get(MemorySegment memory, long base, long index) {
    return switch (layout.precision()) {
      case HALF -> Float.float16ToFloat(memory.get(HALF, base + 2 * index));
      case SINGLE -> memory.get(FLOAT, base + 4 * index);
    };
  }
}
