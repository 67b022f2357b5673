package ai.kolm.grammar;

import java.util.Objects;
import java.util.Optional;

/**
 * What stands around the JSON of an answer: marks that open and close it, text before it, thoughts
 * before everything. A mark is a text, or the name of a control token, which is then asked for as
 * that token and cannot be spelled.
 *
 * @param opening the mark in front of the JSON; empty: none
 * @param closing the mark behind it; empty: none
 * @param otherwise what may stand in place of a marked part, or in front of the first one
 * @param repeated whether several marked parts may follow one another
 * @param thinking the thoughts that the answer may, or does, begin with
 */
public record ReplyFrame(
    String opening,
    String closing,
    Otherwise otherwise,
    boolean repeated,
    Optional<Thinking> thinking) {

  /** JSON and nothing around it. */
  public static final ReplyFrame BARE =
      new ReplyFrame("", "", Otherwise.NOTHING, false, Optional.empty());

  /** What there may be without a mark. */
  public enum Otherwise {
    /** Nothing: the answer is a marked part. */
    NOTHING,
    /**
     * Any text, until the mark occurs in it. Where there is no opening mark, an answer whose first
     * character, blanks apart, could begin the JSON is the JSON, any other is a text.
     */
    TEXT,
    /** Instead of marked parts an answer of another schema. */
    ANSWER
  }

  /**
   * Thoughts: any text between two marks, followed by the answer.
   *
   * @param opening the mark in front
   * @param closing the mark behind
   * @param begun whether the prompt ends within the thoughts
   */
  public record Thinking(String opening, String closing, boolean begun) {
    /** Checks that there are marks. */
    public Thinking {
      if (opening.isEmpty() || closing.isEmpty()) {
        throw new IllegalArgumentException("thoughts need marks");
      }
    }
  }

  /**
   * @throws IllegalArgumentException if parts without opening mark are to be repeated, or to be
   *     told from another answer
   */
  public ReplyFrame {
    Objects.requireNonNull(closing);
    if (opening.isEmpty() && (repeated || otherwise == Otherwise.ANSWER)) {
      throw new IllegalArgumentException("without an opening mark there can be one part only");
    }
  }

  /** This frame with thoughts in front. */
  public ReplyFrame withThinking(Thinking thoughts) {
    return new ReplyFrame(opening, closing, otherwise, repeated, Optional.of(thoughts));
  }
}
