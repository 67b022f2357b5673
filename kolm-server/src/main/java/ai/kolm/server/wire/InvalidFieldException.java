package ai.kolm.server.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A field of a request is refused. */
public final class InvalidFieldException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why; the codes that clients see. */
  public enum Code {
    MISSING_REQUIRED_PARAMETER,
    INVALID_TYPE,
    INVALID_VALUE,
    INTEGER_BELOW_MIN_VALUE,
    INTEGER_ABOVE_MAX_VALUE,
    DECIMAL_BELOW_MIN_VALUE,
    DECIMAL_ABOVE_MAX_VALUE,
    EMPTY_ARRAY,
    ARRAY_ABOVE_MAX_LENGTH,
    STRING_ABOVE_MAX_LENGTH,
    STRING_BELOW_MIN_LENGTH,
    UNSUPPORTED_PARAMETER,
    UNSUPPORTED_VALUE,
    UNKNOWN_PARAMETER,
    PREVIOUS_RESPONSE_NOT_FOUND,
    /** Fields that contradict each other; clients see no code. */
    CONTRADICTION
  }

  private final @Nullable String path;
  private final Code code;

  InvalidFieldException(@Nullable String path, Code code, String message) {
    super(message);
    this.path = path;
    this.code = code;
  }

  /** A field that nothing here knows, where that is not allowed. */
  public static InvalidFieldException unknown(String name) {
    return new InvalidFieldException(
        name, Code.UNKNOWN_PARAMETER, "Unknown parameter: '%s'.".formatted(Fields.shortened(name)));
  }

  /** Any JSON object is wanted, and the messages do not say so. */
  public static InvalidFieldException jsonNotNamed(String field) {
    return new InvalidFieldException(
        field,
        Code.CONTRADICTION,
        "'%s' must contain the word 'json' in some form, to use a format of type 'json_object'."
            .formatted(field));
  }

  /** This refusal of a field that is called {@code newPath} elsewhere. */
  InvalidFieldException at(String newPath) {
    String old = String.valueOf(path);
    String message = String.valueOf(getMessage()).replace("'" + old + "'", "'" + newPath + "'");
    return new InvalidFieldException(newPath, code, message);
  }

  /** The field, such as {@code messages[0].role}. */
  public @Nullable String path() {
    return path;
  }

  /** The code that clients see. */
  public @Nullable String code() {
    return code == Code.CONTRADICTION ? null : code.name().toLowerCase(Locale.ROOT);
  }
}
