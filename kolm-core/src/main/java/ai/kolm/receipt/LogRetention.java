package ai.kolm.receipt;

import java.time.Duration;

/**
 * How much of the audit log is kept. Only whole segments are removed, the oldest first, never the
 * one that is written to.
 *
 * @param age segments whose last receipt is older go; default 2,190 days, six years
 * @param bytes the oldest segments go while the log is larger; default: no limit
 */
public record LogRetention(Duration age, long bytes) {
  /** Six years, whatever that takes. */
  public static final LogRetention DEFAULT =
      new LogRetention(Duration.ofDays(2_190), Long.MAX_VALUE);

  /**
   * @throws IllegalArgumentException if a limit is not positive
   */
  public LogRetention {
    if (age.isNegative() || age.isZero() || bytes < 1) {
      throw new IllegalArgumentException("retention of %s and %d bytes".formatted(age, bytes));
    }
  }
}
