package ai.kolm.anonymize;

import java.util.List;

/**
 * A text without what identified people.
 *
 * @param text with surrogates
 * @param found what was replaced, in the original text
 */
public record AnonymizedText(String text, List<Span> found) {
  /** Copies the list. */
  public AnonymizedText {
    found = List.copyOf(found);
  }
}
