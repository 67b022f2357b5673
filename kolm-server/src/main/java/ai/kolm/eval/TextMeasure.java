package ai.kolm.eval;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Compares texts. */
final class TextMeasure {
  private TextMeasure() {}

  /** NFKC, small letters, single spaces, no punctuation around. */
  static String normalize(String text) {
    String folded = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    String single = folded.replaceAll("\\s+", " ").strip();
    int from = 0;
    int to = single.length();
    while (from < to && isPunctuation(single.charAt(from))) {
      from++;
    }
    while (to > from && isPunctuation(single.charAt(to - 1))) {
      to--;
    }
    return single.substring(from, to).strip();
  }

  private static boolean isPunctuation(char c) {
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }

  /** The first line that is not empty, normalised. */
  static String label(String text) {
    return normalize(text.lines().filter(line -> !line.isBlank()).findFirst().orElse(""));
  }

  /** F1 of the words, each as often as it occurs. */
  static double tokenF1(String expected, String actual) {
    Map<String, Integer> left = words(expected);
    Map<String, Integer> right = words(actual);
    int common = 0;
    for (Map.Entry<String, Integer> word : left.entrySet()) {
      common += Math.min(word.getValue(), right.getOrDefault(word.getKey(), 0));
    }
    return f1(common, count(left), count(right));
  }

  private static Map<String, Integer> words(String text) {
    Map<String, Integer> words = new HashMap<>();
    for (String word : List.of(normalize(text).split(" ", -1))) {
      String bare = normalize(word);
      if (!bare.isEmpty()) {
        words.merge(bare, 1, Integer::sum);
      }
    }
    return words;
  }

  private static int count(Map<String, Integer> words) {
    return words.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The harmonic mean of precision and recall; 1 if there is nothing on either side. */
  static double f1(int common, int expected, int actual) {
    return expected + actual == 0 ? 1 : 2.0 * common / (expected + actual);
  }
}
