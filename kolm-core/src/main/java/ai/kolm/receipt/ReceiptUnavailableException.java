package ai.kolm.receipt;

/** A receipt cannot be written to the audit log, and nothing may be answered without. */
public final class ReceiptUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReceiptUnavailableException(Throwable cause) {
    super("the receipt could not be written to the audit log", cause);
  }
}
