package ai.kolm.json;

/** JSON text that is refused. The message says what is wrong; {@link #code()} is stable. */
public final class JsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why a text was refused. */
  public enum Code {
    /** Not UTF-8, or starts with a byte order mark, or holds a lone surrogate. */
    ENCODING,
    /** Not JSON. */
    SYNTAX,
    /** An object names a member twice. */
    DUPLICATE_KEY,
    /** Bytes after the value. */
    TRAILING,
    /** A number out of the range allowed. */
    NUMBER,
    /** Nested too deeply. */
    DEPTH,
    /** Longer than allowed. */
    SIZE,
    /** A value of another kind than the reader of it needs. */
    TYPE,
    /** Not the canonical text of its value. */
    NOT_CANONICAL
  }

  private final Code code;

  /**
   * @param code the reason, stable
   * @param message the reason, for people
   */
  public JsonException(Code code, String message) {
    super(message);
    this.code = code;
  }

  /** The reason, stable across versions. */
  public Code code() {
    return code;
  }
}
