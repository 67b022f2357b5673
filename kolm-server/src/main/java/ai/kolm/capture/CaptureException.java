package ai.kolm.capture;

/** A store of captures cannot be used. The message says why, and what to do. */
public final class CaptureException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The master key is missing, unreadable for us or readable for others. */
    KEY,
    /** There is no such namespace, or no such record. */
    NOT_FOUND,
    /** What describes a namespace is not as it was written. */
    DAMAGED,
    /** The namespace is on hold: nothing of it is deleted. */
    HOLD
  }

  private final Reason reason;

  /**
   * @param reason why
   * @param message for people
   */
  public CaptureException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
