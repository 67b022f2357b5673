package ai.kolm.engine;

import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;

/**
 * Allows one text: a nonce, a number of times.
 *
 * @param endToken whether it then asks for the end token, or allows nothing
 */
record NonceGrammar(int[] nonce, int times, int vocabulary, boolean endToken) implements Grammar {

  @Override
  public TokenMatcher matcher() {
    return new Matcher(0);
  }

  private final class Matcher implements TokenMatcher {
    private int position;

    Matcher(int position) {
      this.position = position;
    }

    @Override
    public void fill(TokenMask mask) {
      mask.clear();
      if (!isComplete()) {
        mask.allow(nonce[position % nonce.length]);
      } else if (endToken) {
        mask.allow(FakeTokenizer.END);
      }
    }

    @Override
    public void accept(int token) {
      if (isComplete() || token != nonce[position % nonce.length]) {
        throw new IllegalArgumentException("token %d at %d".formatted(token, position));
      }
      position++;
    }

    @Override
    public boolean isComplete() {
      return position == nonce.length * times;
    }

    @Override
    public void rollback(int tokens) {
      position -= tokens;
    }

    @Override
    public TokenMatcher fork() {
      return new Matcher(position);
    }
  }
}
