package ai.kolm.distill;

/** A model cannot be made. The message says why, and what to do. */
public final class DistillException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What stands in the way. */
  public enum Reason {
    /** There are no conversations to learn from. */
    NO_DATA,
    /** Something has to be there or to be agreed to first. */
    PREREQUISITE,
    /** What was begun does not go together with what is asked for. */
    MISMATCH,
    /** A step failed. */
    EXECUTION
  }

  private final Reason reason;

  /**
   * @param message one line for people
   */
  public DistillException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What stands in the way. */
  public Reason reason() {
    return reason;
  }
}
