package ai.kolm.engine;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;

/**
 * A grammar with a fault.
 *
 * @param kind 0: throws when asked, 1: runs out of stack, 2: leads into a dead end, 3: allows one
 *     token, then is out of fuel
 */
record FailingGrammar(int kind) implements Grammar {

  @Override
  public TokenMatcher matcher() {
    return new Matcher();
  }

  private final class Matcher implements TokenMatcher {
    private int accepted;

    @Override
    public void fill(TokenMask mask) {
      mask.clear();
      if (kind == 0) {
        throw new IllegalStateException("planted");
      }
      if (kind == 1) {
        fill(mask);
      }
      if (kind == 3) {
        if (accepted++ > 0) {
          throw new GrammarException(Code.TOO_COMPLEX, "fuel", "", "planted");
        }
        mask.allow(10);
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
