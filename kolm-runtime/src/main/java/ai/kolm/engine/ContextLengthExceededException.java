package ai.kolm.engine;

/** The prompt leaves no room for an answer; shorten it. */
public final class ContextLengthExceededException extends EngineException {
  private final int promptTokens;
  private final int contextLength;

  ContextLengthExceededException(int promptTokens, int contextLength) {
    super(
        "the maximum context length is %d tokens, but the prompt alone has %d"
            .formatted(contextLength, promptTokens));
    this.promptTokens = promptTokens;
    this.contextLength = contextLength;
  }

  /** Tokens of the prompt. */
  public int promptTokens() {
    return promptTokens;
  }

  /** The most tokens that prompt and answer may have together. */
  public int contextLength() {
    return contextLength;
  }
}
