package ai.kolm.prompt.jinja;

/**
 * Why a template could not be read or rendered. Unchecked, because it crosses comparators and
 * iterators; the boundary of the package turns it into a checked exception.
 */
public final class TemplateError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Kind {
    /** The source is not a template. */
    SYNTAX,
    /** A limit was reached. */
    LIMIT,
    /** The template called {@code raise_exception}. */
    RAISED,
    /** An operation that its operands do not have, or an undefined value in use. */
    EVALUATION
  }

  private final Kind kind;
  private int line;

  TemplateError(Kind kind, int line, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.line = line;
  }

  /** An operation failed; the line is added on the way out. */
  static TemplateError evaluation(String message) {
    return new TemplateError(Kind.EVALUATION, 0, message);
  }

  TemplateError at(int where) {
    if (line == 0) {
      line = where;
    }
    return this;
  }

  /** What went wrong. */
  public Kind kind() {
    return kind;
  }

  /** The line of the template, from 1. */
  public int line() {
    return line;
  }

  /** The reason, without the line. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
