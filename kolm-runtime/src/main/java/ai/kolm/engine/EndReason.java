package ai.kolm.engine;

/** Why an answer ended. */
public enum EndReason {
  /** The model chose an end token, or the grammar was complete and allowed nothing more. */
  END_OF_TEXT,
  /** A stop string matched. */
  STOP_STRING,
  /** The limit on tokens, or the context, was reached. */
  LENGTH,
  /** The stream was closed. */
  CANCELLED
}
