package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;

/** The tokens that stay in a string, between two characters of it. For one thread at a time. */
final class Insides {
  private final Lexer lexer;
  private final RegexAlgebra algebra;
  private final TokenBytes tokens;
  private final FreeStrings free;

  Insides(Lexer lexer, TokenBytes tokens, FreeStrings free) {
    this.lexer = lexer;
    this.algebra = lexer.algebra();
    this.tokens = tokens;
    this.free = free;
  }

  /**
   * The tokens that stay in some language.
   *
   * @param slots slot, language, slot, language, ...
   */
  TokenSet of(int[] slots) {
    long[] inside = new long[tokens.words()];
    int[] others = new int[8];
    int size = 0;
    for (int i = 1; i < slots.length; i += 2) {
      for (int language : Shapes.alternatives(algebra, slots[i])) {
        if (Shapes.isRun(algebra, language)) {
          run(language, inside);
          continue;
        }
        if (size + 2 > others.length) {
          others = Arrays.copyOf(others, 2 * size);
        }
        others[size] = size / 2;
        others[size + 1] = language;
        size += 2;
      }
    }
    if (size > 0) {
      walk(lexer.string(Arrays.copyOf(others, size)), inside);
    }
    return TokenSet.of(inside);
  }

  private void walk(int state, long[] inside) {
    if (state == Lexer.DEAD) {
      return;
    }
    int freedom = lexer.freedom(state);
    if (freedom >= tokens.longest()) {
      free.any().inside().addTo(inside);
      return;
    }
    if (freedom > 0) {
      add(free.upTo(freedom), inside);
    }
    StringTokens.insideOf(tokens.safe(), lexer, state, inside, tokens, freedom);
    StringTokens.insideOf(tokens.rest(), lexer, state, inside, tokens, freedom);
  }

  private void run(int language, long[] inside) {
    int longest = Shapes.longestRun(algebra, language);
    long[] run = free.run(Shapes.charactersOfRun(algebra, language), lexer);
    if (longest >= tokens.longest()) {
      add(run, inside);
      return;
    }
    long[] shorter = free.upTo(longest);
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= run[i] & shorter[i];
    }
    // Tokens with escapes have fewer characters than bytes.
    int state = lexer.string(0, language);
    StringTokens.insideOf(tokens.rest(), lexer, state, inside, tokens, longest);
  }

  private static void add(long[] more, long[] inside) {
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= more[i];
    }
  }
}
