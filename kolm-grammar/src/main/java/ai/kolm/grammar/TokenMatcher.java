package ai.kolm.grammar;

/**
 * How far one answer has come in a {@link Grammar}. For one thread at a time.
 *
 * <p>A matcher never leads into a dead end: after any accepted tokens some completion exists.
 */
public interface TokenMatcher {

  /**
   * Writes into {@code mask} which tokens may come next; end tokens count where the answer may end.
   */
  void fill(TokenMask mask);

  /**
   * Takes the next token.
   *
   * @throws IllegalArgumentException if {@link #fill} would not allow it
   */
  void accept(int token);

  /** Whether the answer may end here. */
  boolean isComplete();

  /** Takes back the last {@code tokens} accepted tokens. */
  void rollback(int tokens);

  /** A matcher at the same place that goes its own way. */
  TokenMatcher fork();
}
