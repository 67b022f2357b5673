package ai.kolm.embedding;

import ai.kolm.engine.OverloadedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets requests take turns on a model, step by step, so that one of a few texts does not wait until
 * one of thousands is done; and refuses those for whom there is no room. Safe for use by many
 * threads.
 */
final class Turns {
  private static final long SHORTEST_INTERVAL = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_INTERVAL = Duration.ofSeconds(60).toNanos();

  private final int waiting;
  private final AtomicInteger inside = new AtomicInteger();
  private final ReentrantLock turn = new ReentrantLock(true);
  private volatile long lastEnd = System.nanoTime();

  /** Between the ends of the last two requests. */
  private volatile long interval = SHORTEST_INTERVAL;

  /**
   * @param waiting the most requests that wait for another
   */
  Turns(int waiting) {
    this.waiting = waiting;
  }

  /**
   * One more request, until {@link #leave}.
   *
   * @throws OverloadedException if too many wait already
   */
  void enter() {
    int before = inside.getAndUpdate(count -> count <= waiting ? count + 1 : count);
    if (before > waiting) {
      throw new OverloadedException(before - 1, Duration.ofNanos(interval));
    }
  }

  void leave() {
    long now = System.nanoTime();
    interval = Math.clamp(now - lastEnd, SHORTEST_INTERVAL, LONGEST_INTERVAL);
    lastEnd = now;
    inside.decrementAndGet();
  }

  /** Runs {@code step} while no other runs; who waits longest is next. */
  void take(Runnable step) {
    turn.lock();
    try {
      step.run();
    } finally {
      turn.unlock();
    }
  }
}
