package ai.kolm.engine;

import java.time.Duration;

/** The queue is full; try again later. */
public final class OverloadedException extends EngineException {
  private final Duration retryAfter;

  /**
   * @param queued how many wait
   * @param retryAfter when a place may be free
   */
  public OverloadedException(int queued, Duration retryAfter) {
    super(
        "%d requests are waiting already; try again in %d s"
            .formatted(queued, retryAfter.toSeconds()));
    this.retryAfter = retryAfter;
  }

  /** When a place in the queue may be free: the recent time between two answers. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
