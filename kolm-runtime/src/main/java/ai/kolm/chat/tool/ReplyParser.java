package ai.kolm.chat.tool;

import ai.kolm.grammar.ReplyFrame.Thinking;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer while it is written: parts thoughts, text and calls, and gives each as soon as it
 * is certain. The grammar of the {@link ToolDialect} has seen to it that calls are well-formed. An
 * answer that was cut gives what there was.
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
    CALLS
  }

  private final @Nullable ToolDialect dialect;
  private final MarkSearch opening;
  private final @Nullable CallReader reader;
  private final Set<String> custom;
  private final MarkSearch thinkOpening;
  private final MarkSearch thinkClosing;
  private Phase phase;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder value = new StringBuilder();
  private @Nullable InputDecoder input;

  /**
   * @param dialect how calls are written; {@code null}: there are none
   * @param thinking how thoughts are written
   */
  public ReplyParser(@Nullable ToolDialect dialect, Optional<Thinking> thinking) {
    this(dialect, thinking, Set.of());
  }

  /**
   * @param dialect how calls are written; {@code null}: there are none
   * @param thinking how thoughts are written
   * @param custom the tools whose arguments are a text
   */
  public ReplyParser(
      @Nullable ToolDialect dialect, Optional<Thinking> thinking, Set<String> custom) {
    this.dialect = dialect;
    this.custom = Set.copyOf(custom);
    this.opening = new MarkSearch(dialect == null ? "" : dialect.opening());
    this.reader = dialect == null ? null : dialect.reader();
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
    return reader == null ? 0 : reader.calls();
  }

  /** What {@code text}, the next piece of the answer, makes certain. */
  public List<ReplyPart> next(String text) {
    List<ReplyPart> parts = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      take(text.charAt(i), parts);
    }
    flush(parts);
    if (reader != null) {
      reader.flush(parts);
    }
    return custom.isEmpty() ? parts : decoded(parts);
  }

  /** The same with the texts of custom tools in place of the JSON they are in. */
  private List<ReplyPart> decoded(List<ReplyPart> parts) {
    List<ReplyPart> all = new ArrayList<>();
    for (ReplyPart part : parts) {
      switch (part) {
        case ReplyPart.CallStart start -> {
          boolean isText = custom.contains(start.name());
          input = isText ? new InputDecoder() : null;
          all.add(isText ? new ReplyPart.CallStart(start.index(), start.name(), true) : start);
        }
        case ReplyPart.Arguments more when input != null -> {
          String text = input.next(more.text());
          if (!text.isEmpty()) {
            all.add(new ReplyPart.Arguments(more.index(), text, true));
          }
        }
        default -> all.add(part);
      }
    }
    return all;
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
      case CALLS -> {
        if (reader != null) {
          reader.take(c, parts);
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
    phase = dialect != null && dialect.beginsWith(c) ? Phase.CALLS : Phase.TEXT;
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
}
