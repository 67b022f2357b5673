package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ReadBandwidthTest {
  private static final int PIECES = 4;
  private static final long BYTES = PIECES << 20;

  @Test
  void anyNumberOfThreadsCanRead() {
    for (int threads = 1; threads <= 3; threads++) {
      double bandwidth = ReadBandwidth.measure(threads, (5L << 20) + 1, 0);
      assertTrue(bandwidth > 0 && Double.isFinite(bandwidth), "%s".formatted(bandwidth));
    }
  }

  /** One changed byte is seen wherever it is: nothing is left out. */
  @Test
  void everyByteIsRead() {
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(2)) {
      MemorySegment buffer = arena.allocate(BYTES, 64);
      assertTrue(ReadBandwidth.round(pool, buffer, PIECES) > 0);
      for (long at = 0; at < BYTES; at += 12_345) {
        buffer.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
        assertThrows(IllegalStateException.class, () -> ReadBandwidth.round(pool, buffer, PIECES));
        buffer.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
      }
      buffer.set(ValueLayout.JAVA_BYTE, BYTES - 1, (byte) 1);
      assertThrows(IllegalStateException.class, () -> ReadBandwidth.round(pool, buffer, PIECES));
    }
  }
}
