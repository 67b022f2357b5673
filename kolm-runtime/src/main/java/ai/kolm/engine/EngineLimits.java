package ai.kolm.engine;

/**
 * How much an engine takes on at a time.
 *
 * @param batchTokens the most tokens per step, default 512. More makes prompts faster while nothing
 *     else runs, and the first token after them waits for longer steps; beside running answers the
 *     engine reads less of prompts anyway
 * @param sequences the most sequences that run at a time, default 32; each costs one row of logits
 *     per step
 * @param queued the most requests that wait to run, default 64; each costs its prompt
 * @param streamEvents a stream that holds this many unread events pauses its answers, default 64
 */
public record EngineLimits(int batchTokens, int sequences, int queued, int streamEvents) {

  /** For an interactive server. */
  public static final EngineLimits DEFAULT = new EngineLimits(512, 32, 64, 64);

  /**
   * @throws IllegalArgumentException if a limit is not positive
   */
  public EngineLimits {
    if (batchTokens < 1 || sequences < 1 || queued < 1 || streamEvents < 1) {
      throw new IllegalArgumentException(
          "limits must be positive: %d batch tokens, %d sequences, %d queued, %d stream events"
              .formatted(batchTokens, sequences, queued, streamEvents));
    }
  }
}
