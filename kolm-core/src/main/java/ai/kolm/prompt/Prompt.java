package ai.kolm.prompt;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A rendered prompt: pieces in order, each with its origin, so that only the template's own text
 * can become special tokens. Joining them to one string loses that; do so only to show it.
 */
public record Prompt(List<Segment> segments) {

  /**
   * @param text a piece of the prompt; not empty
   * @param fromTemplate whether the template wrote it ({@code true}) or a message or tool did
   */
  public record Segment(String text, boolean fromTemplate) {}

  /** Copies the segments. */
  public Prompt {
    segments = List.copyOf(segments);
  }

  /** The whole text, for people and for comparison with other implementations. */
  public String text() {
    return segments.stream().map(Segment::text).collect(Collectors.joining());
  }
}
