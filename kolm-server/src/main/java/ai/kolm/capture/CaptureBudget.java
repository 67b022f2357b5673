package ai.kolm.capture;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may wait to be recorded. What goes beyond is not recorded, and counted; it is never
 * delayed. Safe for use by many threads.
 */
final class CaptureBudget {
  private final int maxExchanges;
  private final long maxBytes;
  private final AtomicInteger exchanges = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  CaptureBudget(int maxExchanges, long maxBytes) {
    this.maxExchanges = maxExchanges;
    this.maxBytes = maxBytes;
  }

  /** Takes bytes for a copy; {@code false} if there are none left. */
  boolean takeBytes(int count) {
    if (bytes.addAndGet(count) > maxBytes) {
      bytes.addAndGet(-count);
      return false;
    }
    return true;
  }

  void giveBytes(long count) {
    bytes.addAndGet(-count);
  }

  /** Takes a place in the queue; {@code false} if there is none left. */
  boolean takeExchange() {
    if (exchanges.incrementAndGet() > maxExchanges) {
      exchanges.decrementAndGet();
      return false;
    }
    return true;
  }

  void giveExchange() {
    exchanges.decrementAndGet();
  }
}
