package ai.kolm.model;

/**
 * Conversations that are computed together, one behind the other: attention does not cross from one
 * to the next, and positions begin anew.
 *
 * @param tokens of all
 * @param learned for each token whether it is to be predicted from those before it; never the first
 *     of a conversation
 * @param starts the first token of each conversation, then the number of tokens
 */
public record TrainingRow(int[] tokens, boolean[] learned, int[] starts) {

  /**
   * @throws IllegalArgumentException if lengths do not fit, starts do not ascend from 0 to the
   *     number of tokens, or the first token of a conversation is to be predicted
   */
  public TrainingRow {
    if (tokens.length == 0 || learned.length != tokens.length) {
      throw new IllegalArgumentException(
          "%d tokens, %d flags".formatted(tokens.length, learned.length));
    }
    if (starts.length < 2 || starts[0] != 0 || starts[starts.length - 1] != tokens.length) {
      throw new IllegalArgumentException("conversations do not cover the row");
    }
    for (int i = 0; i + 1 < starts.length; i++) {
      if (starts[i] >= starts[i + 1]) {
        throw new IllegalArgumentException("conversation %d is empty".formatted(i));
      }
      if (learned[starts[i]]) {
        throw new IllegalArgumentException(
            "the first token of conversation %d has none before it".formatted(i));
      }
    }
  }

  /** A row of one conversation. */
  public static TrainingRow of(int[] tokens, boolean[] learned) {
    return new TrainingRow(tokens, learned, new int[] {0, tokens.length});
  }

  /** How many tokens are to be predicted. */
  public int learnedTokens() {
    int count = 0;
    for (boolean flag : learned) {
      count += flag ? 1 : 0;
    }
    return count;
  }

  /** The rows whose successors are to be predicted, ascending. */
  int[] predicting() {
    int[] rows = new int[learnedTokens()];
    int at = 0;
    for (int i = 1; i < tokens.length; i++) {
      if (learned[i]) {
        rows[at++] = i - 1;
      }
    }
    return rows;
  }
}
