package ai.kolm.eval;

/** Cases cannot be used, or a measurement cannot be made. The message says where and why. */
public final class EvalException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What stands in the way. */
  public enum Reason {
    /** A case is not as the format says. */
    CASES,
    /** A key, a price or a cached answer is missing. */
    PREREQUISITE
  }

  private final Reason reason;

  /**
   * @param message one line for people
   */
  public EvalException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What stands in the way. */
  public Reason reason() {
    return reason;
  }
}
