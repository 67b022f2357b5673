package ai.kolm.training;

/**
 * A conversation as the model sees it.
 *
 * @param tokens at least 2
 * @param learned for each token whether it is to be predicted from those before it: those of the
 *     assistant, with the one that ends its turn; never the first
 */
public record TrainingExample(int[] tokens, boolean[] learned) {

  /**
   * @throws IllegalArgumentException if there are fewer than 2 tokens, not as many flags, nothing
   *     to learn, or the first token is to be learned
   */
  public TrainingExample {
    if (tokens.length < 2 || learned.length != tokens.length) {
      throw new IllegalArgumentException(
          "%d tokens with %d flags".formatted(tokens.length, learned.length));
    }
    if (learned[0]) {
      throw new IllegalArgumentException("the first token cannot be predicted from those before");
    }
    if (learnedTokens(learned) == 0) {
      throw new IllegalArgumentException("no token is to be learned");
    }
  }

  /** The number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** The number of tokens to be learned. */
  public int learnedTokens() {
    return learnedTokens(learned);
  }

  private static int learnedTokens(boolean[] learned) {
    int count = 0;
    for (boolean flag : learned) {
      count += flag ? 1 : 0;
    }
    return count;
  }
}
