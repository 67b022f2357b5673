package ai.kolm.anonymize;

import java.util.List;

/**
 * A text without what identified people.
 *
 * @param text with surrogates
 * @param replaced where the surrogates are in it
 */
public record AnonymizedText(String text, List<Span> replaced) {
  /** Copies the list. */
  public AnonymizedText {
    replaced = List.copyOf(replaced);
  }
}
