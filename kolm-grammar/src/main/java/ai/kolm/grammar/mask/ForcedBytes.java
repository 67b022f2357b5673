package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;

/**
 * What has to come next. In a JSON string every character can also be written as an escape; where
 * that is all there is to choose, the character itself is forced.
 *
 * <p>For one thread at a time.
 */
final class ForcedBytes {
  private static final String SHORT_ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";
  private static final String DIGITS = "0123456789abcdefABCDEF";

  private final ByteAutomaton automaton;

  ForcedBytes(ByteAutomaton automaton) {
    this.automaton = automaton;
  }

  /** The byte that comes next, up to the spelling of characters; -1 if there is a choice. */
  int next(long state) {
    int body = automaton.body(state);
    if (automaton.accepts(state) || (body != 0 && automaton.lexer().freedom(body) > 0)) {
      return -1;
    }
    int forced = -1;
    boolean escape = false;
    for (int value = 0; value < 256; value++) {
      if (automaton.step(state, value) == ByteAutomaton.DEAD) {
        continue;
      }
      if (value == '\\') {
        escape = true;
      } else if (forced >= 0) {
        return -1;
      } else {
        forced = value;
      }
    }
    if (!escape) {
      return forced;
    }
    return forced < 0 ? '\\' : isOnlySpelling(state, forced) ? forced : -1;
  }

  /** Whether all escapes that may come in {@code state} are of {@code character}, of ASCII. */
  private boolean isOnlySpelling(long state, int character) {
    if (character >= 128) {
      return false;
    }
    long escape = automaton.step(state, '\\');
    for (int i = 0; i < SHORT_ESCAPES.length(); i++) {
      if (ESCAPED.charAt(i) != character && lives(escape, SHORT_ESCAPES.charAt(i))) {
        return false;
      }
    }
    long digits = automaton.step(escape, 'u');
    for (int shift = 12; digits != ByteAutomaton.DEAD && shift >= 0; shift -= 4) {
      int digit = (character >> shift) & 15;
      long next = ByteAutomaton.DEAD;
      for (int i = 0; i < DIGITS.length(); i++) {
        long after = automaton.step(digits, DIGITS.charAt(i));
        if (Character.digit(DIGITS.charAt(i), 16) != digit) {
          if (after != ByteAutomaton.DEAD) {
            return false;
          }
        } else if (after != ByteAutomaton.DEAD) {
          next = after;
        }
      }
      digits = next;
    }
    return true;
  }

  private boolean lives(long state, int value) {
    return automaton.step(state, value) != ByteAutomaton.DEAD;
  }
}
