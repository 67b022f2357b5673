package ai.kolm.engine;

import java.util.List;

/**
 * When an answer ends, besides an end token of the model.
 *
 * @param maxTokens the most tokens, at least 0; what does not fit into the context is cut
 * @param stopStrings texts that end the answer and are not part of it: at most 16, of 1 to 1024
 *     characters
 * @param ignoreEndTokens whether end tokens are like any other (for measuring)
 */
public record EndConditions(int maxTokens, List<String> stopStrings, boolean ignoreEndTokens) {
  private static final int MAX_STOP_STRINGS = 16;
  private static final int MAX_STOP_LENGTH = 1024;

  /** Only an end token or the end of the context ends the answer. */
  public static final EndConditions NONE = atMost(Integer.MAX_VALUE);

  /**
   * @throws IllegalArgumentException if a value is outside its range
   */
  public EndConditions {
    stopStrings = List.copyOf(stopStrings);
    if (maxTokens < 0) {
      throw new IllegalArgumentException("max_tokens must be at least 0, got " + maxTokens);
    }
    if (stopStrings.size() > MAX_STOP_STRINGS) {
      throw new IllegalArgumentException(
          "at most %d stop strings, got %d".formatted(MAX_STOP_STRINGS, stopStrings.size()));
    }
    for (String stop : stopStrings) {
      if (stop.isEmpty() || stop.length() > MAX_STOP_LENGTH) {
        throw new IllegalArgumentException(
            "a stop string has 1 to %d characters, got %d"
                .formatted(MAX_STOP_LENGTH, stop.length()));
      }
      if (Character.isLowSurrogate(stop.charAt(0))) {
        throw new IllegalArgumentException("a stop string starts inside a character");
      }
    }
  }

  /** At most {@code maxTokens} tokens. */
  public static EndConditions atMost(int maxTokens) {
    return new EndConditions(maxTokens, List.of(), false);
  }
}
