package ai.kolm.kernels.pages;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * Memory for what is written once and then streamed through for every token: weights. They lie one
 * behind the other in large slabs, for which the system is asked for huge pages; with pages of 4
 * KiB two threads read weights at some three quarters of the speed. One thread at a time.
 */
public final class HugePages implements SegmentAllocator {
  private static final long SLAB = 64L << 20;

  private final Arena arena;
  private MemorySegment rest = MemorySegment.NULL;

  private HugePages(Arena arena) {
    this.arena = arena;
  }

  /**
   * An allocator whose memory lives as long as {@code arena}; the arena itself where the system
   * gives no pages.
   */
  public static SegmentAllocator in(Arena arena) {
    return SystemPages.obstacle().isEmpty() ? new HugePages(arena) : arena;
  }

  /**
   * Zeros.
   *
   * @param alignment a power of two, at most that of a huge page
   */
  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    if (alignment > SystemPages.HUGE_PAGE) {
      throw new IllegalArgumentException("an alignment of " + alignment + " bytes");
    }
    long skipped = -rest.address() & (alignment - 1);
    if (rest.byteSize() < skipped || rest.byteSize() - skipped < bytes) {
      rest = slab(Math.max(SLAB, bytes));
      skipped = 0;
    }
    MemorySegment result = rest.asSlice(skipped, bytes);
    rest = rest.asSlice(skipped + bytes);
    return result;
  }

  /** What is mapped and never touched takes no physical memory. */
  private MemorySegment slab(long bytes) {
    MemorySegment memory = SystemPages.map(bytes + SystemPages.HUGE_PAGE, arena);
    long start = -memory.address() & (SystemPages.HUGE_PAGE - 1);
    MemorySegment aligned = memory.asSlice(start, bytes);
    SystemPages.adviseHuge(aligned);
    return aligned;
  }
}
