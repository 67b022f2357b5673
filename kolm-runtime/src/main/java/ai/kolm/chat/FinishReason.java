package ai.kolm.chat;

/** Why an answer ended. */
public enum FinishReason {
  /** The model ended its turn, or a stop string matched. */
  STOP,
  /** The limit on tokens, or the context, was reached. */
  LENGTH,
  /** The model called tools. */
  TOOL_CALLS,
  /** The caller closed the stream. */
  CANCELLED
}
