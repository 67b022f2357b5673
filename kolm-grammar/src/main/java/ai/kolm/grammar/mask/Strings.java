package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.mask.StringTokens.Closers;
import ai.kolm.grammar.regex.Horizon;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the states of a lexer inside of strings say about tokens, each worked out once. States that
 * no single token can tell apart share what is slow to find. For one thread at a time.
 */
final class Strings {
  private final Lexer lexer;
  private final TokenBytes tokens;
  private final FreeStrings free;
  private final Insides insides;

  /** As far as tokens reach that end a string. */
  private final Horizon near;

  private final Map<Integer, StringTokens> known = new HashMap<>();
  private final Map<Integer, List<Closers>> closers = new HashMap<>();
  private long bytes;

  Strings(Lexer lexer, PreparedVocabulary vocabulary) {
    this.lexer = lexer;
    this.tokens = vocabulary.tokens();
    this.free = vocabulary.free();
    this.insides = new Insides(lexer, tokens, free);
    int quotes = tokens.tails().longestToQuote();
    this.near = new Horizon(lexer.algebra(), quotes, quotes);
  }

  /** Memory taken by what is kept, in bytes. */
  long bytes() {
    return bytes + insides.bytes();
  }

  /** What {@code state} says. */
  StringTokens of(int state) {
    StringTokens string = known.get(state);
    if (string == null) {
      string = compute(state);
      known.put(state, string);
    }
    return string;
  }

  private StringTokens compute(int state) {
    int[] slots = lexer.slots(state);
    if (lexer.isStringBody(state) && slots.length == 2 && slots[1] == RegexAlgebra.ANY_TEXT) {
      return free.any(slots[0]);
    }
    StringTokens string = new StringTokens(insides.of(state), closers(state));
    bytes += string.bytes();
    return string;
  }

  private List<Closers> closers(int state) {
    int alike = lookingAlike(state);
    return closers.computeIfAbsent(alike, s -> StringTokens.closers(lexer, s, tokens));
  }

  private int lookingAlike(int state) {
    if (!lexer.isStringBody(state)) {
      return state;
    }
    int[] slots = lexer.slots(state).clone();
    for (int i = 1; i < slots.length; i += 2) {
      slots[i] = near.of(slots[i]).language();
    }
    return lexer.string(slots);
  }
}
