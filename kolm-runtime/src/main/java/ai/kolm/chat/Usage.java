package ai.kolm.chat;

/**
 * Tokens counted.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens of those, how many were not computed for this request, as an earlier one had
 *     started with the same
 * @param completionTokens tokens generated, all choices together
 * @param reasoningTokens of those, how many are thoughts
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) {

  /** Without thoughts. */
  public Usage(int promptTokens, int cachedTokens, int completionTokens) {
    this(promptTokens, cachedTokens, completionTokens, 0);
  }

  /** Prompt and completion together. */
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
