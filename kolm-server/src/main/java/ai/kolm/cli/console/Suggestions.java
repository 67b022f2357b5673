package ai.kolm.cli.console;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** What a user may have meant by a name that does not exist. */
public final class Suggestions {
  private Suggestions() {}

  /**
   * {@code ; did you mean "smollm2"?} if one of {@code known} is near {@code name}, else nothing.
   * Near is: it starts with it, or two letters, or at most a third of them, differ.
   */
  public static String didYouMean(String name, Collection<String> known) {
    String typed = name.toLowerCase(Locale.ROOT);
    return known.stream()
        .filter(candidate -> near(typed, candidate.toLowerCase(Locale.ROOT)))
        .min(
            Comparator.comparingInt((String candidate) -> distance(typed, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .map(candidate -> "; did you mean \"" + candidate + "\"?")
        .orElse("");
  }

  private static boolean near(String typed, String candidate) {
    return (typed.length() >= 3 && candidate.startsWith(typed))
        || distance(typed, candidate)
            <= Math.max(candidate.length() < 4 ? 1 : 2, candidate.length() / 3);
  }

  /** The edits that turn one text into the other: insert, delete, replace (Levenshtein 1966). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
