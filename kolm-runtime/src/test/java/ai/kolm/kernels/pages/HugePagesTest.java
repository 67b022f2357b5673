package ai.kolm.kernels.pages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the system gives no pages, the allocator is the arena, and has to do the same. */
final class HugePagesTest {
  private static final long[] SIZES = {
    1, 63, 64, 65, 4096, 1 << 20, 63L << 20, 65L << 20, 2, 130L << 20
  };

  @Test
  void whatIsGivenIsZeroAlignedAndOnlyOnce() {
    try (Arena arena = Arena.ofShared()) {
      SegmentAllocator pages = HugePages.in(arena);
      List<MemorySegment> all = new ArrayList<>();
      for (long size : SIZES) {
        MemorySegment memory = pages.allocate(size, 64);
        assertEquals(size, memory.byteSize());
        assertEquals(0, memory.address() % 64);
        for (MemorySegment other : all) {
          assertFalse(
              memory.address() < other.address() + other.byteSize()
                  && other.address() < memory.address() + size);
        }
        assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, 0));
        assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, size - 1));
        memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        memory.set(ValueLayout.JAVA_BYTE, size - 1, (byte) 1);
        all.add(memory);
      }
    }
  }

  @Test
  void memoryEndsWithItsArena() {
    MemorySegment memory;
    try (Arena arena = Arena.ofShared()) {
      memory = HugePages.in(arena).allocate(100, 64);
      assertTrue(memory.scope().isAlive());
    }
    assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
  }
}
