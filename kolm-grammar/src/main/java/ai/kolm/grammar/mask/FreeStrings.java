package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What strings that may be any text allow: the same for all grammars over a vocabulary, and most of
 * what strings with conditions allow. Immutable but for masks made on demand; shared by threads.
 */
final class FreeStrings {
  private static final int MAX_RUNS = 256;

  private final TokenBytes tokens;
  private final TokenSet inside;
  private final int[] closers;

  /** Keys of the tokens inside that are not safe. */
  private final int[] others;

  private final long[] @Nullable [] upTo;
  private final Map<List<Integer>, long[]> runs =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Integer>, long[]> eldest) {
          return size() > MAX_RUNS;
        }
      };

  FreeStrings(TokenBytes tokens) {
    this.tokens = tokens;
    this.upTo = new long[tokens.longest()][];
    Budget budget = new Budget(Long.MAX_VALUE, "preparing a vocabulary");
    Lexer lexer = new Lexer(new RegexAlgebra(budget, 1 << 20), budget, 1 << 20);
    int state = lexer.string(0, RegexAlgebra.ANY_TEXT);
    TokenCollector found = inside(lexer, state);
    long[] bits = found.bits();
    this.others =
        IntStream.range(0, tokens.rest().size())
            .filter(
                key -> (bits[tokens.rest().first(key) >> 6] >> tokens.rest().first(key) & 1) != 0)
            .toArray();
    this.inside = TokenSet.of(found);
    List<Closers> ends = Closers.of(lexer, state, tokens, null);
    this.closers = ends.isEmpty() ? new int[0] : ends.getFirst().ranges();
  }

  private TokenCollector inside(Lexer lexer, int state) {
    TokenCollector found = new TokenCollector(tokens.words());
    new InsideWalk(lexer, tokens).add(state, 0, found);
    return found;
  }

  /** The tokens that stay in a string of any text. */
  TokenSet inside() {
    return inside;
  }

  /** The tokens that end one: ranges of pairs. */
  int[] closers() {
    return closers;
  }

  /**
   * The tokens that stay in a string of any text and surely have no more than so many characters:
   * not to be changed.
   *
   * @param characters at least 1, less than the longest token has
   */
  long[] upTo(int characters) {
    synchronized (upTo) {
      long[] mask = upTo[characters];
      if (mask == null) {
        TokenCollector shorter = new TokenCollector(tokens.words());
        System.arraycopy(tokens.safeUpTo(characters), 0, shorter.bits(), 0, tokens.words());
        for (int key : others) {
          if (tokens.restLength(key) <= characters) {
            tokens.rest().add(key, shorter);
          }
        }
        mask = shorter.bits();
        upTo[characters] = mask;
      }
      return mask;
    }
  }

  /**
   * The tokens that stay in a string of nothing but some characters, as many as there may be: not
   * to be changed.
   *
   * @param characters as ranges
   * @param lexer any: it is used to find out
   */
  long[] run(int[] characters, Lexer lexer) {
    List<Integer> key = Arrays.stream(characters).boxed().toList();
    synchronized (runs) {
      long[] known = runs.get(key);
      if (known != null) {
        return known;
      }
    }
    RegexAlgebra algebra = lexer.algebra();
    int language = algebra.repeat(algebra.characters(characters), 0, RegexAlgebra.UNBOUNDED);
    long[] mask = inside(lexer, lexer.string(0, language)).bits();
    synchronized (runs) {
      runs.put(key, mask);
    }
    return mask;
  }
}
