package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What strings that may be any text allow: the same for all grammars over a vocabulary, and most of
 * what strings with conditions allow. Immutable but for masks made on demand; shared by threads.
 */
final class FreeStrings {
  private static final int MAX_RUNS = 256;

  private final TokenBytes tokens;
  private final StringTokens any;
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
    this.any = StringTokens.free(tokens);
    this.upTo = new long[tokens.longest()][];
  }

  /** What any text allows. */
  StringTokens any() {
    return any;
  }

  /** What any text allows, with its single slot being number {@code slot}. */
  StringTokens any(int slot) {
    return slot == 0 ? any : any.withSlot(slot);
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
        mask = new long[tokens.words()];
        any.inside().addTo(mask);
        tokens.retain(mask, characters);
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
    int state = lexer.string(0, language);
    long[] mask = new long[tokens.words()];
    new InsideWalk(lexer, tokens).add(state, 0, mask);
    synchronized (runs) {
      runs.put(key, mask);
    }
    return mask;
  }
}
