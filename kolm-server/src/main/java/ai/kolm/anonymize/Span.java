package ai.kolm.anonymize;

/**
 * A piece of text that identifies somebody.
 *
 * @param start where it begins, in UTF-16 code units
 * @param end where it ends, exclusive
 * @param type what it is
 */
public record Span(int start, int end, EntityClass type) {
  /** Checks that the span is not empty. */
  public Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException("no span from %d to %d".formatted(start, end));
    }
  }

  int length() {
    return end - start;
  }
}
