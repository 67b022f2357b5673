package ai.kolm.grammar;

/**
 * How far one answer has come in a {@link Grammar}. For one thread at a time; matchers of the same
 * grammar may be used by different threads at the same time.
 *
 * <p>A matcher never leads into a dead end: after any accepted tokens some completion exists, in
 * bytes, and so in tokens of any vocabulary that can write every byte.
 */
public interface TokenMatcher {

  /**
   * Writes into {@code mask} which tokens may come next; end tokens count where the answer may end.
   *
   * @throws GrammarException if working it out takes more than the grammar's limits; the answer
   *     cannot go on then
   */
  void fill(TokenMask mask);

  /**
   * Takes the next token.
   *
   * @throws IllegalArgumentException if {@link #fill} would not allow it; nothing has changed then
   */
  void accept(int token);

  /** Whether the answer may end here. */
  boolean isComplete();

  /**
   * Whether any text may come next: then a caller's own conditions, such as stop strings, apply as
   * they do without a grammar. Inside of a structure they do not.
   */
  default boolean isFree() {
    return false;
  }

  /**
   * Takes back the last {@code tokens} accepted tokens.
   *
   * @throws IllegalArgumentException if there are not as many
   */
  void rollback(int tokens);

  /** A matcher at the same place that goes its own way. */
  TokenMatcher fork();

  /**
   * The bytes that must come next whatever is chosen, at most {@code max}; empty where the answer
   * may end or there is a choice. That a character of a JSON string may also be written as an
   * escape is no choice. To be written as tokens and accepted like any others: the last of these
   * tokens may be longer than what is forced, so a caller tokenizes together with what precedes and
   * leaves out the last few.
   */
  default byte[] forcedBytes(int max) {
    return new byte[0];
  }
}
