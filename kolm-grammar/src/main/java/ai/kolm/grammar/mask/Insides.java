package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Horizon;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The tokens that stay in a string, between two characters of it: those of each language by itself.
 * A language that ends nowhere near is walked once, however often it comes back in other company or
 * with another count of characters left ({@link Horizon}).
 *
 * <p>For one thread at a time.
 */
final class Insides {
  /** Counts below this are followed, not looked beyond. */
  private static final int FEW = 16;

  private final Lexer lexer;
  private final RegexAlgebra algebra;
  private final TokenBytes tokens;
  private final FreeStrings free;
  private final Horizon horizon;
  private final InsideWalk walk;
  private final Map<Integer, TokenSet> endless = new HashMap<>();
  private long bytes;

  Insides(Lexer lexer, TokenBytes tokens, FreeStrings free) {
    this.lexer = lexer;
    this.algebra = lexer.algebra();
    this.tokens = tokens;
    this.free = free;
    this.horizon = new Horizon(algebra, tokens.longest(), Math.min(FEW, tokens.longest()));
    this.walk = new InsideWalk(lexer, tokens);
  }

  /** Memory taken by what is kept, in bytes. */
  long bytes() {
    return bytes;
  }

  /** The tokens that stay in the string at any {@code state} inside of it. */
  TokenSet of(int state) {
    long[] inside = new long[tokens.words()];
    if (!lexer.isStringBody(state)) {
      walk.add(state, 0, inside);
      return TokenSet.of(inside);
    }
    if (lexer.freedom(state) >= tokens.longest()) {
      return free.any().inside();
    }
    addSlots(lexer.slots(state), inside);
    return TokenSet.of(inside);
  }

  private void addSlots(int[] slots, long[] inside) {
    int[] others = new int[8];
    int size = 0;
    for (int i = 1; i < slots.length; i += 2) {
      for (int language : Shapes.alternatives(algebra, slots[i])) {
        if (isTaken(language, inside)) {
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
  }

  /** Adds what stays in a language by what is known of another that looks like it; or does not. */
  private boolean isTaken(int language, long[] inside) {
    if (Shapes.isRun(algebra, language)) {
      run(language, inside);
      return true;
    }
    Horizon.View view = horizon.of(language);
    if (algebra.longest(view.language()) < RegexAlgebra.UNBOUNDED) {
      return false;
    }
    if (view.characters() >= tokens.longest()) {
      endless(view.language()).addTo(inside);
      return true;
    }
    long[] alike = new long[inside.length];
    endless(view.language()).addTo(alike);
    addUpTo(view.characters(), alike, inside);
    int state = lexer.string(0, language);
    if (state != Lexer.DEAD) {
      walk.add(state, view.characters(), inside);
    }
    return true;
  }

  private TokenSet endless(int language) {
    TokenSet known = endless.get(language);
    if (known == null) {
      long[] inside = new long[tokens.words()];
      if (Shapes.isRun(algebra, language)) {
        run(language, inside);
      } else {
        walk(lexer.string(0, language), inside);
      }
      known = TokenSet.of(inside);
      bytes += known.bytes();
      endless.put(language, known);
    }
    return known;
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
    walk.add(state, freedom, inside);
  }

  private void run(int language, long[] inside) {
    int longest = Shapes.longestRun(algebra, language);
    long[] run = free.run(Shapes.charactersOfRun(algebra, language), lexer);
    if (longest >= tokens.longest()) {
      add(run, inside);
      return;
    }
    addUpTo(longest, run, inside);
    // Tokens with escapes have fewer characters than bytes.
    walk.addRest(lexer.string(0, language), longest, inside);
  }

  private void addUpTo(int characters, long[] from, long[] inside) {
    long[] shorter = free.upTo(characters);
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= from[i] & shorter[i];
    }
  }

  private static void add(long[] more, long[] inside) {
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= more[i];
    }
  }
}
