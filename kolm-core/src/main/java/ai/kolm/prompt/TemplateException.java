package ai.kolm.prompt;

/**
 * A chat template that could not be read or rendered. {@link #getMessage()} says what failed and on
 * which line of the template; it may quote what the conversation said, so it is for the caller who
 * sent the conversation and not for a log.
 */
public final class TemplateException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What went wrong, by what can be done about it. */
  public enum Kind {
    /** The source is not a template that kolm understands: the model cannot be used with it. */
    SYNTAX,
    /** Reading or rendering would have cost more than {@link TemplateLimits} allow. */
    LIMIT,
    /**
     * The template refused the conversation by {@code raise_exception}: the request is at fault.
     */
    RAISED,
    /** The template did something its values do not support: it does not fit the conversation. */
    EVALUATION
  }

  private final Kind kind;
  private final int line;
  private final String reason;

  TemplateException(Kind kind, int line, String reason) {
    super("chat template, line %d: %s".formatted(line, reason));
    this.kind = kind;
    this.line = line;
    this.reason = reason;
  }

  /** What went wrong. */
  public Kind kind() {
    return kind;
  }

  /** The line of the template, from 1. */
  public int line() {
    return line;
  }

  /** The message alone; of {@link Kind#RAISED}: exactly what the template said. */
  public String reason() {
    return reason;
  }
}
