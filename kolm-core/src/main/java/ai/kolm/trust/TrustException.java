package ai.kolm.trust;

import java.util.Locale;

/** A key, or a file of the trust store, that is refused. The message says which and why. */
public final class TrustException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. {@link #id()} is stable across versions. */
  public enum Code {
    /** No key of Ed25519, one of small order, or one that is not encoded canonically. */
    KEY_INVALID,
    /** The file of a private key can be read by others, or is no regular file. */
    KEY_PERMISSIONS,
    /** There is no such key. */
    KEY_MISSING,
    /** A file of the trust store is not as the format says. */
    STORE_INVALID;

    /** The code as users and other programs see it: {@code key_invalid}, ... */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Code code;

  /**
   * @param code the reason, stable
   * @param message for people: what was being read, what was expected, what was found
   */
  public TrustException(Code code, String message) {
    super(code.id() + ": " + message);
    this.code = code;
  }

  /** The reason, stable across versions. */
  public Code code() {
    return code;
  }
}
