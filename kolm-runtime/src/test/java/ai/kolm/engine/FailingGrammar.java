package ai.kolm.engine;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;

/**
 * A grammar with a fault.
 *
 * @param kind 0: throws when asked, 1: runs out of stack, 2: leads into a dead end
 */
record FailingGrammar(int kind) implements Grammar {

  @Override
  public TokenMatcher matcher() {
    return new Matcher();
  }

  private final class Matcher implements TokenMatcher {
    @Override
    public void fill(TokenMask mask) {
      mask.clear();
      if (kind == 0) {
        throw new IllegalStateException("planted");
      }
      if (kind == 1) {
        fill(mask);
      }
    }

    @Override
    public void accept(int token) {}

    @Override
    public boolean isComplete() {
      return false;
    }

    @Override
    public void rollback(int tokens) {}

    @Override
    public TokenMatcher fork() {
      return this;
    }
  }
}
