package ai.kolm.chat;

import ai.kolm.chat.tool.ToolDialect;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.prompt.Prompt;
import ai.kolm.tokenizer.Vocabulary;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a model writes what is not plain text.
 *
 * @param dialect of calls
 * @param explains whether its chat template explains tools
 * @param writesCalls whether its chat template writes the calls of a conversation
 * @param thinks whether its answers begin with thoughts
 */
record ReplyStyle(ToolDialect dialect, boolean explains, boolean writesCalls, boolean thinks) {
  private static final String THOUGHTS = "<think>";
  private static final String END_OF_THOUGHTS = "</think>";

  /** Of a model of which nothing is known. */
  static final ReplyStyle PLAIN = new ReplyStyle(ToolDialect.PLAIN, false, false, false);

  /**
   * What the source of a chat template says.
   *
   * @param supportsTools whether tools appear in its prompts
   */
  static ReplyStyle of(String template, boolean supportsTools) {
    ToolDialect dialect = ToolDialect.of(template, supportsTools);
    boolean known = dialect != ToolDialect.PLAIN;
    return new ReplyStyle(
        dialect,
        known && supportsTools,
        known && template.contains("tool_calls"),
        template.contains(END_OF_THOUGHTS));
  }

  /** The thoughts that the answer to {@code prompt} begins with. */
  Optional<Thinking> thinking(Prompt prompt) {
    List<Prompt.Segment> segments = prompt.segments();
    boolean begun =
        !segments.isEmpty()
            && segments.getLast().fromTemplate()
            && segments.getLast().text().stripTrailing().endsWith(THOUGHTS);
    return thinks ? Optional.of(new Thinking(THOUGHTS, END_OF_THOUGHTS, begun)) : Optional.empty();
  }

  /** The control tokens that a reader of answers has to see. */
  Set<Integer> marks(Vocabulary vocabulary, boolean calls) {
    Stream<String> thoughts = thinks ? Stream.of(THOUGHTS, END_OF_THOUGHTS) : Stream.empty();
    Stream<String> tools = calls ? dialect.marks().stream() : Stream.empty();
    return Stream.concat(thoughts, tools)
        .map(vocabulary::id)
        .filter(OptionalInt::isPresent)
        .map(OptionalInt::getAsInt)
        .filter(id -> vocabulary.kind(id) == Vocabulary.Kind.CONTROL)
        .collect(Collectors.toUnmodifiableSet());
  }
}
