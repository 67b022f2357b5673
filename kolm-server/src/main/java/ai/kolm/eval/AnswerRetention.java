package ai.kolm.eval;

/**
 * How long answers to captured cases are kept: what was captured must not outlive its namespace in
 * another form.
 *
 * @param namespace that the cases were captured in; empty: it is not here
 * @param days after which an answer is deleted; 0: never
 */
public record AnswerRetention(String namespace, int days) {
  private static final long DAY_MILLIS = 86_400_000L;

  /** Checks the days. */
  public AnswerRetention {
    if (days < 0) {
      throw new IllegalArgumentException("retention must not be negative: " + days);
    }
  }

  /** When an answer of {@code now} is deleted, in milliseconds since 1970; 0: never. */
  long until(long now) {
    return days == 0 ? 0 : now + days * DAY_MILLIS;
  }
}
