package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Horizon;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the languages of strings say about tokens, wherever in a document the string stands and
 * whatever other languages it may be of: each is worked out once. Between characters that is all
 * there is to know; inside of one, where texts are rarely cut, it is worked out per state of the
 * lexer. For one thread at a time.
 */
final class Strings {
  /**
   * What a state inside of a character says.
   *
   * @param inside tokens that stay in the string
   * @param closers tokens that end it
   */
  record Cut(TokenSet inside, List<Closers> closers) {}

  /** About what an entry of a map takes. */
  private static final long ENTRY_BYTES = 64;

  private final Lexer lexer;
  private final TokenBytes tokens;
  private final FreeStrings free;
  private final Insides insides;
  private final InsideWalk walk;

  /** As far as tokens reach that end a string. */
  private final Horizon near;

  private final Map<Integer, Integer> numbers = new HashMap<>();
  private final Map<Integer, Integer> numbersOfNear = new HashMap<>();
  private final List<int[]> closers = new ArrayList<>();
  private final Map<Integer, Cut> cuts = new HashMap<>();
  private long bytes;

  Strings(Lexer lexer, PreparedVocabulary vocabulary) {
    this.lexer = lexer;
    this.tokens = vocabulary.tokens();
    this.free = vocabulary.free();
    this.insides = new Insides(lexer, tokens, free);
    this.walk = new InsideWalk(lexer, tokens);
    int quotes = tokens.tails().longestToQuote();
    this.near = new Horizon(lexer.algebra(), quotes, quotes, true);
    closers.add(free.closers());
    numbersOfNear.put(RegexAlgebra.ANY_TEXT, 0);
  }

  /** Memory taken by what is kept, in bytes. */
  long bytes() {
    long entries = (long) numbers.size() + numbersOfNear.size() + cuts.size() + near.size();
    return bytes + ENTRY_BYTES * entries + insides.bytes();
  }

  /** The tokens that stay in strings, by language. */
  Insides insides() {
    return insides;
  }

  /** The number of the set of tokens that end a string of which {@code language} is left. */
  int closers(int language) {
    Integer known = numbers.get(language);
    if (known == null) {
      known = numbersOfNear.computeIfAbsent(near.of(language).language(), this::add);
      numbers.put(language, known);
    }
    return known;
  }

  /** The set with a number: ranges of pairs. */
  int[] ranges(int number) {
    return closers.get(number);
  }

  private int add(int language) {
    int state = lexer.string(0, language);
    List<Closers> found =
        state == Lexer.DEAD ? List.of() : Closers.of(lexer, state, tokens, free.closers());
    int[] ranges = found.isEmpty() ? new int[0] : found.getFirst().ranges();
    bytes += 4L * ranges.length + 64;
    closers.add(ranges);
    return closers.size() - 1;
  }

  /** What a state inside of a character says. */
  Cut cut(int state) {
    Cut known = cuts.get(state);
    if (known == null) {
      TokenCollector inside = new TokenCollector(tokens.words());
      walk.add(state, 0, inside);
      known = new Cut(TokenSet.of(inside), Closers.of(lexer, state, tokens, null));
      bytes += known.inside.bytes();
      for (Closers ends : known.closers) {
        bytes += 4L * ends.ranges().length + 64;
      }
      cuts.put(state, known);
    }
    return known;
  }
}
