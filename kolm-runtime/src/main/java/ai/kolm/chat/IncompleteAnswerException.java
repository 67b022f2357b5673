package ai.kolm.chat;

/**
 * An answer that was to become a value was cut: allow more tokens, or make the answer smaller. What
 * there is of it is in the response.
 */
public final class IncompleteAnswerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ChatResponse response;

  IncompleteAnswerException(ChatResponse response) {
    super(
        "the answer ended with %s after %d tokens, before it was complete"
            .formatted(
                response.choices().getFirst().finishReason(), response.usage().completionTokens()));
    this.response = response;
  }

  /** The answer as far as it goes. */
  public ChatResponse response() {
    return response;
  }
}
