package ai.kolm.chat.tool;

import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer while it is written: parts thoughts, text and calls, and gives each as soon as it
 * is certain. The grammar of the {@link ToolDialect} has seen to it that calls are well-formed; so
 * this only looks for where things begin and end. An answer that was cut gives what there was.
 *
 * <p>For one answer, and one thread at a time.
 */
public final class ReplyParser {
  private enum Phase {
    /** Thoughts may begin. */
    START,
    THINKING,
    /** Blanks behind thoughts are not part of the answer. */
    THOUGHT,
    /** Without an opening mark: the first character that is no blank decides. */
    UNDECIDED,
    TEXT,
    /** Between calls, or in front of the first. */
    CALLS,
    KEY,
    NAME,
    ARGUMENTS,
    /** Within a call, behind a member. */
    MEMBER,
    CLOSING,
    BETWEEN
  }

  private final @Nullable ToolDialect dialect;
  private final MarkSearch opening;
  private final MarkSearch closing;
  private final MarkSearch thinkOpening;
  private final MarkSearch thinkClosing;
  private Phase phase;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder value = new StringBuilder();
  private final JsonScanner scanner = new JsonScanner();
  private int calls;

  /**
   * @param dialect how calls are written; {@code null}: there are none
   * @param thinking how thoughts are written
   */
  public ReplyParser(@Nullable ToolDialect dialect, Optional<Thinking> thinking) {
    this.dialect = dialect;
    this.opening = new MarkSearch(dialect == null ? "" : dialect.opening());
    this.closing = new MarkSearch(dialect == null ? "" : dialect.closing());
    this.thinkOpening = new MarkSearch(thinking.map(Thinking::opening).orElse(""));
    this.thinkClosing = new MarkSearch(thinking.map(Thinking::closing).orElse(""));
    if (thinking.isEmpty()) {
      this.phase = answerStart();
    } else {
      this.phase = thinking.get().begun() ? Phase.THINKING : Phase.START;
    }
  }

  private Phase answerStart() {
    return dialect != null && dialect.opening().isEmpty() ? Phase.UNDECIDED : Phase.TEXT;
  }

  /** How many calls have begun. */
  public int calls() {
    return calls;
  }

  /** What {@code text}, the next piece of the answer, makes certain. */
  public List<ReplyPart> next(String text) {
    List<ReplyPart> parts = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      take(text.charAt(i), parts);
    }
    flush(parts);
    return parts;
  }

  /** The answer has ended: what was held back. */
  public List<ReplyPart> finish() {
    List<ReplyPart> parts = new ArrayList<>();
    switch (phase) {
      case START -> thinkOpening.finish(held);
      case THINKING -> thinkClosing.finish(held);
      case TEXT -> opening.finish(held);
      case UNDECIDED -> held.append(value);
      default -> {}
    }
    if (phase == Phase.START || phase == Phase.UNDECIDED) {
      phase = Phase.TEXT;
    }
    flush(parts);
    return parts;
  }

  private void flush(List<ReplyPart> parts) {
    if (held.isEmpty()) {
      return;
    }
    String text = held.toString();
    held.setLength(0);
    switch (phase) {
      case THINKING -> parts.add(new ReplyPart.Reasoning(text));
      case TEXT -> parts.add(new ReplyPart.Text(text));
      case ARGUMENTS -> parts.add(new ReplyPart.Arguments(calls - 1, text));
      default -> throw new IllegalStateException("nothing is held in " + phase);
    }
  }

  private void become(Phase next, List<ReplyPart> parts) {
    flush(parts);
    phase = next;
  }

  private void take(char c, List<ReplyPart> parts) {
    switch (phase) {
      case START -> start(c, parts);
      case THINKING -> {
        if (thinkClosing.next(c, held)) {
          become(Phase.THOUGHT, parts);
        }
      }
      case THOUGHT -> {
        if (!Character.isWhitespace(c)) {
          phase = answerStart();
          take(c, parts);
        }
      }
      case UNDECIDED -> undecided(c, parts);
      case TEXT -> {
        if (opening.next(c, held)) {
          become(Phase.CALLS, parts);
        }
      }
      case CALLS -> calls(c);
      case KEY, NAME -> string(c, parts);
      case ARGUMENTS -> arguments(c, parts);
      case MEMBER -> member(c);
      case CLOSING -> {
        if (closing.next(c, value)) {
          phase = Phase.BETWEEN;
        }
      }
      case BETWEEN -> {
        if (opening.next(c, value)) {
          phase = Phase.CALLS;
        }
      }
    }
  }

  /** Blanks are held: in front of a call they are nothing, in front of a text part of it. */
  private void undecided(char c, List<ReplyPart> parts) {
    if (c == ' ' || c == '\n') {
      value.append(c);
      return;
    }
    phase = c == '{' ? Phase.CALLS : Phase.TEXT;
    if (phase == Phase.TEXT) {
      held.append(value);
    }
    value.setLength(0);
    take(c, parts);
  }

  /** Thoughts, or something that only starts like their mark. */
  private void start(char c, List<ReplyPart> parts) {
    StringBuilder other = new StringBuilder();
    if (thinkOpening.next(c, other)) {
      phase = Phase.THINKING;
    } else if (!other.isEmpty()) {
      thinkOpening.finish(other);
      phase = answerStart();
      for (int i = 0; i < other.length(); i++) {
        take(other.charAt(i), parts);
      }
    }
  }

  private void calls(char c) {
    if (c == '{') {
      phase = Phase.MEMBER;
    } else if (c == ']') {
      end();
    }
  }

  private void end() {
    value.setLength(0);
    boolean closes = dialect != null && !dialect.closing().isEmpty();
    phase = closes ? Phase.CLOSING : Phase.BETWEEN;
  }

  private void member(char c) {
    if (c == '"') {
      value.setLength(0);
      value.append(c);
      scanner.start();
      scanner.next(c);
      phase = Phase.KEY;
    } else if (c == '}') {
      if (dialect != null && dialect.isArray()) {
        phase = Phase.CALLS;
      } else {
        end();
      }
    }
  }

  /** A key, then for the name its string: both are held until they are complete. */
  private void string(char c, List<ReplyPart> parts) {
    if (phase == Phase.NAME && value.isEmpty() && c != '"') {
      return; // between the key and its value
    }
    value.append(c);
    scanner.next(c);
    if (!scanner.isComplete()) {
      return;
    }
    String text = decode(value.toString());
    value.setLength(0);
    scanner.start();
    if (phase == Phase.NAME) {
      parts.add(new ReplyPart.CallStart(calls++, text));
      phase = Phase.MEMBER;
    } else {
      phase = text.equals("name") ? Phase.NAME : Phase.ARGUMENTS;
    }
  }

  private void arguments(char c, List<ReplyPart> parts) {
    if (!scanner.hasStarted() && c != '{') {
      return; // between the key and its value
    }
    held.append(c);
    scanner.next(c);
    if (scanner.isComplete()) {
      become(Phase.MEMBER, parts);
    }
  }

  private static String decode(String literal) {
    try {
      byte[] bytes = literal.getBytes(StandardCharsets.UTF_8);
      return JsonReader.read(bytes, JsonLimits.DEFAULT) instanceof Json.Str text
          ? text.value()
          : literal;
    } catch (JsonException e) {
      throw new IllegalStateException("the grammar let malformed JSON pass", e);
    }
  }
}
