package ai.kolm.training;

/** Training cannot begin or go on. */
public final class TrainingException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What a caller can do about it. */
  public enum Reason {
    /** Give more memory, shorter rows or a smaller base. */
    MEMORY,
    /** Start anew: data, plan or base are not those of the checkpoint, or it is damaged. */
    CHECKPOINT,
    /** A loss or gradient is no finite number: lower the rate, or look at the data. */
    NOT_FINITE
  }

  private final Reason reason;

  /** With a message for people. */
  public TrainingException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What a caller can do about it. */
  public Reason reason() {
    return reason;
  }
}
