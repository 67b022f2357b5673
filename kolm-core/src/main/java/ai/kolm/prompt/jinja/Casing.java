package ai.kolm.prompt.jinja;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Upper and lower case, as Python and jinja2 see them. */
final class Casing {
  private Casing() {}

  /** {@code str.title}: every run of letters begins with a capital. */
  static Text title(Text text, Budget budget) {
    return text.map(
        s -> {
          StringBuilder out = new StringBuilder(s.length());
          boolean inside = false;
          for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            out.append(inside ? lower(c) : capital(c));
            inside = isCased(c);
          }
          return out.toString();
        },
        budget);
  }

  /** {@code str.capitalize}: the first character a capital, the rest lower case. */
  static Text capitalize(Text text, Budget budget) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.chars().codePointAt(0));
    return new TextBuilder(budget)
        .append(text.sub(0, first).map(s -> capital(s.codePointAt(0)), budget))
        .append(text.sub(first, text.chars().length()).lower(budget))
        .build();
  }

  /** The {@code title} filter: a capital after white space, brackets, hyphens and {@code <}. */
  static Text titleFilter(Text text, Budget budget) {
    return text.map(
        s -> {
          StringBuilder out = new StringBuilder(s.length());
          boolean inside = false;
          for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            String one = Character.toString(c);
            out.append(inside ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT));
            inside = !PyStrings.isSpace(c) && "-({[<".indexOf(c) < 0;
          }
          return out.toString();
        },
        budget);
  }

  static boolean isUpper(Text text, Budget budget) {
    return cased(text, c -> Character.isLowerCase(c) || Character.isTitleCase(c), budget);
  }

  static boolean isLower(Text text, Budget budget) {
    return cased(text, c -> Character.isUpperCase(c) || Character.isTitleCase(c), budget);
  }

  /** Whether there are cased letters and none of them is excluded. */
  private static boolean cased(Text text, IntPredicate excluded, Budget budget) {
    budget.work(text.chars().length());
    return text.chars().codePoints().anyMatch(Casing::isCased)
        && text.chars().codePoints().noneMatch(excluded);
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  private static String capital(int c) {
    String upper = Character.toString(c).toUpperCase(Locale.ROOT);
    boolean one = upper.codePointCount(0, upper.length()) == 1;
    return one ? Character.toString(Character.toTitleCase(c)) : expand(upper);
  }

  /** A letter whose capital is several, such as the sharp s: only the first is a capital. */
  private static String expand(String upper) {
    int first = Character.charCount(upper.codePointAt(0));
    return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
  }

  private static String lower(int c) {
    return Character.toString(c).toLowerCase(Locale.ROOT);
  }
}
