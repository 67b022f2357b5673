package ai.kolm.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what an engine does. The queue and refusals are counted by any thread, the rest by the
 * engine's.
 */
final class Meter {
  private static final long SHORTEST_INTERVAL = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_INTERVAL = Duration.ofSeconds(60).toNanos();

  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicLong rejected = new AtomicLong();
  private long steps;
  private long computedTokens;
  private long generatedTokens;
  private long maskNanos;
  private long completed;
  private long cancelled;
  private long failed;
  private long lastEnd = System.nanoTime();

  /** Between the ends of two requests, a moving average. */
  private volatile long interval = SHORTEST_INTERVAL;

  /**
   * One more request in the queue.
   *
   * @throws OverloadedException if there are {@code limit} already
   */
  void enterQueue(int limit) {
    int before = queued.getAndUpdate(count -> count < limit ? count + 1 : count);
    if (before >= limit) {
      rejected.incrementAndGet();
      throw new OverloadedException(before, Duration.ofNanos(interval));
    }
  }

  void leaveQueue() {
    queued.decrementAndGet();
  }

  void moved(Generation.State from, Generation.State to) {
    if (from == Generation.State.QUEUED) {
      leaveQueue();
    }
    switch (to) {
      case QUEUED, RUNNING -> {}
      case COMPLETED -> completed++;
      case CANCELLED -> cancelled++;
      case FAILED -> failed++;
    }
    if (to != Generation.State.RUNNING) {
      long now = System.nanoTime();
      long average = interval + (now - lastEnd - interval) / 8;
      interval = Math.clamp(average, SHORTEST_INTERVAL, LONGEST_INTERVAL);
      lastEnd = now;
    }
  }

  void tokenGenerated() {
    generatedTokens++;
  }

  void maskFilled(long nanos) {
    maskNanos += nanos;
  }

  void stepComputed(int tokens) {
    steps++;
    computedTokens += tokens;
  }

  EngineMetrics snapshot(Scheduler scheduler, PrefixCache cache) {
    return new EngineMetrics(
        steps,
        computedTokens,
        generatedTokens,
        completed,
        cancelled,
        failed,
        rejected.get(),
        scheduler.preemptions(),
        scheduler.prefixHits(),
        scheduler.cachedTokens(),
        maskNanos,
        queued.get(),
        scheduler.running(),
        cache.size() - cache.available(),
        cache.idle(),
        cache.size());
  }
}
