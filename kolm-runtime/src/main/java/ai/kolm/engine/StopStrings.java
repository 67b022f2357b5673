package ai.kolm.engine;

import java.util.Arrays;
import java.util.List;

/**
 * Looks for stop strings in a text that arrives character by character, in time independent of
 * their lengths: one automaton of Knuth, Morris and Pratt 1977 per string.
 *
 * <p>The first string to be complete wins; of those complete at the same character the longest,
 * which is the one that starts first.
 */
final class StopStrings {
  private final String[] strings;

  /** By string and matched length: the longest shorter match that ends at the same place. */
  private final int[][] fallbacks;

  /** By string: how many of its characters the end of the text matches. */
  private final int[] matched;

  StopStrings(List<String> stops) {
    strings = stops.toArray(String[]::new);
    fallbacks = new int[strings.length][];
    matched = new int[strings.length];
    for (int s = 0; s < strings.length; s++) {
      fallbacks[s] = new int[strings[s].length() + 1];
      for (int length = 1, shorter = 0; length < strings[s].length(); length++) {
        shorter = extend(s, shorter, strings[s].charAt(length));
        fallbacks[s][length + 1] = shorter;
      }
    }
  }

  /** Takes the next character; returns the length of the stop string it completes, or 0. */
  int next(char c) {
    int longest = 0;
    for (int s = 0; s < strings.length; s++) {
      matched[s] = extend(s, matched[s], c);
      if (matched[s] == strings[s].length()) {
        longest = Math.max(longest, matched[s]);
      }
    }
    return longest;
  }

  /** Forgets the text so far. */
  void reset() {
    Arrays.fill(matched, 0);
  }

  /** How many characters at the end of the text may be the start of a stop string. */
  int undecided() {
    int longest = 0;
    for (int length : matched) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private int extend(int s, int length, char c) {
    int at = length;
    while (at > 0 && strings[s].charAt(at) != c) {
      at = fallbacks[s][at];
    }
    return strings[s].charAt(at) == c ? at + 1 : 0;
  }
}
