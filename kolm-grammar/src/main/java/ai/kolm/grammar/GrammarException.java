package ai.kolm.grammar;

/**
 * A grammar that is refused, or that ran out of a budget. {@link #subject} names the keyword, the
 * construct or the budget; {@link #path} says where it stands.
 */
public final class GrammarException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a grammar was refused; tells what the caller can do about it. */
  public enum Code {
    /** Not a well-formed schema, pattern or grammar. */
    INVALID,
    /** Well-formed, but cannot be enforced exactly. */
    UNSUPPORTED,
    /** Over one of the {@link GrammarLimits}. */
    TOO_COMPLEX,
    /** Nothing satisfies it. */
    UNSATISFIABLE
  }

  private final Code code;
  private final String subject;
  private final String path;
  private final String detail;

  /**
   * @param code the reason
   * @param subject the keyword, construct or budget
   * @param path where: a JSON pointer for a schema, a position for other grammars; may be empty
   * @param message the reason, for people
   */
  public GrammarException(Code code, String subject, String path, String message) {
    super(path.isEmpty() ? message : message + " (at " + path + ")");
    this.code = code;
    this.subject = subject;
    this.path = path;
    this.detail = message;
  }

  /** The reason, stable across versions. */
  public Code code() {
    return code;
  }

  /** The keyword, construct or budget that is the reason. */
  public String subject() {
    return subject;
  }

  /** Where: a JSON pointer for a schema, a position for other grammars; empty if unknown. */
  public String path() {
    return path;
  }

  /** The reason, for people, without the place. */
  public String detail() {
    return detail;
  }

  /** The same at another place: for what is found while reading a part. */
  public GrammarException at(String place) {
    GrammarException moved = new GrammarException(code, subject, place, detail);
    moved.initCause(this);
    return moved;
  }
}
