package ai.kolm.receipt;

import java.util.Locale;

/** A receipt that is refused. The message says why. */
public final class ReceiptException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. {@link #id()} is stable across versions. */
  public enum Code {
    /** Not three parts of Base64url, or too long. */
    RECEIPT_FORM,
    /** Its header is not the one that receipts have: another algorithm, another type. */
    RECEIPT_HEADER,
    /** Its payload is not canonical JSON, or not as the format says. */
    RECEIPT_PAYLOAD,
    /** Another version of the format. */
    RECEIPT_VERSION,
    /** Signed by no trusted key. */
    SIGNER_UNKNOWN,
    /** Not a signature by that key. */
    SIGNATURE_INVALID,
    /** The key is revoked. */
    KEY_REVOKED,
    /** Issued outside the window of the key. */
    KEY_EXPIRED,
    /** It is of another request. */
    REQUEST_MISMATCH,
    /** It is of another response. */
    RESPONSE_MISMATCH,
    /** It is of another artifact. */
    ARTIFACT_MISMATCH,
    /** It is not the final one of this open one, or was made for another nonce. */
    LINK_MISMATCH,
    /** Receipts of a log are missing, repeated or out of order. */
    CHAIN_BROKEN,
    /** A line of a log is damaged. */
    LOG_DAMAGED,
    /** There is no log where one was named. */
    LOG_MISSING;

    /** The code as users and other programs see it: {@code signature_invalid}, ... */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Code code;

  /**
   * @param code the reason, stable
   * @param message for people
   */
  public ReceiptException(Code code, String message) {
    super(code.id() + ": " + message);
    this.code = code;
  }

  /** The reason, stable across versions. */
  public Code code() {
    return code;
  }
}
