package ai.kolm.bench;

import ai.kolm.kernels.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How fast threads of this process can read memory: the limit of decoding, which reads all weights
 * for every token.
 *
 * <p>Threads compare the halves of a buffer, which are equal, so that every byte is read: {@link
 * MemorySegment#mismatch} is the one loop of the JDK that runs over memory with the widest vectors
 * of the machine without the Vector API. The buffer lies outside the heap and is much larger than
 * the last-level cache; threads take pieces of it from a shared counter, as kernels do. The best of
 * many rounds counts: on a machine that does other work, too, that is still nearest to what the
 * memory can do.
 */
public final class ReadBandwidth {
  /** Bytes of each half that a thread compares at a time. */
  private static final long PIECE = 1L << 19;

  private static final long LEAST_BYTES = 512L << 20;
  private static final long MOST_BYTES = 2L << 30;

  /** Times the last-level cache that the buffer has. */
  private static final int CACHES = 8;

  private static final int LEAST_ROUNDS = 8;
  private static final long NANOS = 600_000_000;
  private static final byte CONTENT = 3;

  private ReadBandwidth() {}

  /**
   * Bytes per second that {@code threads} threads together read, with a buffer that fits this
   * machine; takes about a second.
   */
  public static double measure(int threads) {
    return measure(threads, bufferBytes(Machine.lastLevelCacheBytes()), NANOS);
  }

  /** As {@link #measure(int)}, reading {@code bytes} again and again for {@code nanos}. */
  static double measure(int threads, long bytes, long nanos) {
    int pieces = Math.toIntExact(Math.ceilDiv(bytes, 2 * PIECE));
    long half = pieces * PIECE;
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(threads)) {
      MemorySegment buffer = arena.allocate(2 * half, 64);
      // Written before it is read: pages that nobody wrote to may all be the same one.
      pool.run(2 * pieces, (piece, _) -> buffer.asSlice(piece * PIECE, PIECE).fill(CONTENT));
      long best = Long.MAX_VALUE;
      long end = System.nanoTime() + nanos;
      for (int round = 0; round < LEAST_ROUNDS || System.nanoTime() < end; round++) {
        best = Math.min(best, round(pool, buffer, pieces));
      }
      return 2 * half / (best * 1e-9);
    }
  }

  /** Nanoseconds of reading everything once. */
  static long round(WorkerPool pool, MemorySegment buffer, int pieces) {
    AtomicBoolean different = new AtomicBoolean();
    long start = System.nanoTime();
    pool.run(
        pieces,
        (piece, _) -> {
          if (differ(buffer, piece * PIECE, (pieces + piece) * PIECE)) {
            different.set(true);
          }
        });
    long nanos = Math.max(1, System.nanoTime() - start);
    if (different.get()) {
      throw new IllegalStateException("memory does not hold what was written to it");
    }
    return nanos;
  }

  private static boolean differ(MemorySegment buffer, long a, long b) {
    return MemorySegment.mismatch(buffer, a, a + PIECE, buffer, b, b + PIECE) >= 0;
  }

  static long bufferBytes(OptionalLong lastLevelCache) {
    return Math.clamp(CACHES * lastLevelCache.orElse(0), LEAST_BYTES, MOST_BYTES);
  }
}
