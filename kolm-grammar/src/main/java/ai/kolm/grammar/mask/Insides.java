package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Horizon;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens that stay in a string of some languages. Each language is walked once, however often
 * it comes back beside others that end; and once for all that differ from it in a count of
 * characters only that no token reaches ({@link Horizon}). The sets of languages are numbered.
 *
 * <p>For one thread at a time.
 */
final class Insides {
  /** Counts below this are followed, not looked beyond. */
  private static final int FEW = 16;

  /** So many new languages of one state are walked and kept one by one, more of them together. */
  private static final int MOST_ALONE = 16;

  /** About what an entry of a map takes. */
  private static final long ENTRY_BYTES = 64;

  /** The number of the set of strings that may be any text. */
  private static final int FREE = 0;

  private final Lexer lexer;
  private final RegexAlgebra algebra;
  private final TokenBytes tokens;
  private final FreeStrings free;
  private final Horizon horizon;
  private final InsideWalk walk;
  private final Map<Integer, Integer> numbers = new HashMap<>();
  private final Map<Integer, Integer> freedoms = new HashMap<>();

  /** Per state of the lexer. */
  private final Map<Integer, TokenSet> walked = new HashMap<>();

  private final List<TokenSet> sets = new ArrayList<>();

  /** By their very arrays, so that looking for one costs nothing. */
  private final Map<TokenSet, Integer> ids = new HashMap<>();

  private long bytes;

  Insides(Lexer lexer, TokenBytes tokens, FreeStrings free) {
    this.lexer = lexer;
    this.algebra = lexer.algebra();
    this.tokens = tokens;
    this.free = free;
    this.horizon = new Horizon(algebra, tokens.longest(), Math.min(FEW, tokens.longest()), false);
    this.walk = new InsideWalk(lexer, tokens);
    sets.add(free.inside());
  }

  /** Memory taken by what is kept, in bytes. */
  long bytes() {
    long entries = (long) numbers.size() + freedoms.size() + walked.size() + horizon.size();
    return bytes + ENTRY_BYTES * entries;
  }

  /** The set with a number. */
  TokenSet get(int number) {
    return sets.get(number);
  }

  /** The number of the set of tokens that stay in a string of which {@code language} is left. */
  int of(int language) {
    Integer known = numbers.get(language);
    if (known == null) {
      known = freedom(language) >= tokens.longest() ? FREE : add(compute(language));
      numbers.put(language, known);
    }
    return known;
  }

  /** The number of a set: of languages that look alike it is the same. */
  private int add(TokenSet set) {
    Integer known = ids.putIfAbsent(set, sets.size());
    if (known != null) {
      return known;
    }
    bytes += set.bytes();
    sets.add(set);
    return sets.size() - 1;
  }

  private TokenSet compute(int language) {
    int[] alternatives = Shapes.alternatives(algebra, language);
    if (alternatives.length == 1) {
      return single(language);
    }
    TokenCollector inside = new TokenCollector(tokens.words());
    add(alternatives, inside);
    return TokenSet.of(inside);
  }

  /**
   * Adds the tokens that stay in a string of any of the languages. Those that end nowhere near are
   * walked side by side: what one refuses another often takes, and most of the vocabulary is
   * both's.
   */
  void add(int[] languages, TokenCollector to) {
    for (int language : languages) {
      if (freedom(language) >= tokens.longest()) {
        free.inside().addTo(to);
        return;
      }
    }
    boolean many = newOnes(languages) > MOST_ALONE;
    int[] together = new int[2 * languages.length];
    int size = 0;
    for (int language : languages) {
      if (many && !numbers.containsKey(language)) {
        together[size] = size / 2;
        together[size + 1] = language;
        size += 2;
      }
    }
    if (size > 0) {
      walk(lexer.string(Arrays.copyOf(together, size))).addTo(to);
    }
    addAlone(languages, many, to);
  }

  private int newOnes(int[] languages) {
    int count = 0;
    for (int language : languages) {
      count += numbers.containsKey(language) || isEndless(language) ? 0 : 1;
    }
    return count;
  }

  /**
   * @param many whether only those that are known
   */
  private void addAlone(int[] languages, boolean many, TokenCollector to) {
    int[] endless = new int[2 * languages.length];
    int size = 0;
    for (int language : languages) {
      if (many && !numbers.containsKey(language)) {
        continue;
      }
      if (isEndless(language)) {
        endless[size] = size / 2;
        endless[size + 1] = horizon.of(language).language();
        size += 2;
      } else {
        sets.get(of(language)).addTo(to);
      }
    }
    if (size > 0) {
      walked(lexer.string(Arrays.copyOf(endless, size))).addTo(to);
    }
  }

  private int freedom(int language) {
    return freedoms.computeIfAbsent(language, algebra::freedom);
  }

  private boolean isEndless(int language) {
    if (Shapes.isRun(algebra, language) || Shapes.alternatives(algebra, language).length > 1) {
      return false;
    }
    Horizon.View view = horizon.of(language);
    return view.characters() >= tokens.longest()
        && algebra.longest(view.language()) == RegexAlgebra.UNBOUNDED;
  }

  private TokenSet single(int language) {
    if (Shapes.isRun(algebra, language)) {
      return run(language);
    }
    Horizon.View view = horizon.of(language);
    if (view.language() == language) {
      return isEndless(language)
          ? walked(lexer.string(0, language))
          : walk(lexer.string(0, language));
    }
    return isEndless(language) ? walked(lexer.string(0, view.language())) : counted(language, view);
  }

  /** What a language allows that looks like another as far as a count goes, and beyond. */
  private TokenSet counted(int language, Horizon.View view) {
    TokenCollector inside = new TokenCollector(tokens.words());
    walked(lexer.string(0, view.language())).addTo(inside);
    keep(inside.bits(), view.characters());
    int exact = lexer.string(0, language);
    if (exact != Lexer.DEAD && algebra.longest(language) > view.characters()) {
      walk.add(exact, view.characters(), inside);
    } else if (exact != Lexer.DEAD) {
      walk.addRest(exact, view.characters(), inside);
    }
    return TokenSet.of(inside);
  }

  private TokenSet walked(int state) {
    TokenSet known = walked.get(state);
    if (known == null) {
      known = walk(state);
      bytes += known.bytes();
      walked.put(state, known);
    }
    return known;
  }

  private TokenSet walk(int state) {
    TokenCollector inside = new TokenCollector(tokens.words());
    if (state == Lexer.DEAD) {
      return TokenSet.of(inside);
    }
    int freedom = lexer.freedom(state);
    if (freedom >= tokens.longest()) {
      return free.inside();
    }
    if (freedom > 0) {
      System.arraycopy(free.upTo(freedom), 0, inside.bits(), 0, tokens.words());
    }
    walk.add(state, freedom, inside);
    return TokenSet.of(inside);
  }

  private TokenSet run(int language) {
    int longest = Shapes.longestRun(algebra, language);
    long[] run = free.run(Shapes.charactersOfRun(algebra, language), lexer);
    if (longest >= tokens.longest()) {
      return new TokenSet(null, run);
    }
    TokenCollector inside = new TokenCollector(tokens.words());
    System.arraycopy(run, 0, inside.bits(), 0, run.length);
    keep(inside.bits(), longest);
    // Tokens with escapes have fewer characters than bytes.
    walk.addRest(lexer.string(0, language), longest, inside);
    return TokenSet.of(inside);
  }

  /** Leaves only those that surely have no more than so many characters. */
  private void keep(long[] inside, int characters) {
    if (characters >= tokens.longest()) {
      return;
    }
    long[] shorter = free.upTo(characters);
    for (int i = 0; i < inside.length; i++) {
      inside[i] &= shorter[i];
    }
  }
}
