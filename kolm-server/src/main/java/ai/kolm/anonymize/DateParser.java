package ai.kolm.anonymize;

import ai.kolm.anonymize.DateForm.Meaning;
import ai.kolm.anonymize.DateForm.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads dates from tokens: {@code 3/14/2024}, {@code 2024-03-14}, {@code March 14, 2024}, ... */
final class DateParser {
  private static final WordSet ORDINALS = WordSet.of("st", "nd", "rd", "th");
  private static final Pattern COMPACT =
      Pattern.compile("[0-9]{1,2}[A-Za-z]{3}([0-9]{2}|[0-9]{4})");
  private static final Pattern DAY_AND_HOUR = Pattern.compile("[0-9]{2}T[0-9]{1,2}");

  private final Tokens tokens;
  private final List<Part> parts = new ArrayList<>();
  private int last;

  /**
   * A date in the text.
   *
   * @param form what it says and how
   * @param last its last token
   * @param certain whether nothing but a date looks like this
   */
  record Found(DateForm form, int last, boolean certain) {}

  private DateParser(Tokens tokens) {
    this.tokens = tokens;
  }

  /** The date that begins with token {@code first}. */
  static Optional<Found> at(Tokens tokens, int first) {
    if (tokens.is(first, Tokens.Kind.MARK)) {
      return Optional.empty();
    }
    if (tokens.is(first, Tokens.Kind.WORD)) {
      return DateForm.month(tokens.lower(first)) > 0
          ? new DateParser(tokens).monthFirst(first)
          : Optional.empty();
    }
    DateParser parser = new DateParser(tokens);
    if (isCompact(tokens, first)) {
      return parser.compact(first);
    }
    boolean inside =
        tokens.touchesPrevious(first)
            && tokens.hasDigits(first - 2)
            && tokens.touchesPrevious(first - 1)
            && (tokens.isMark(first - 1, '/') || tokens.isMark(first - 1, '-'));
    if (!tokens.hasDigits(first) || inside) {
      return Optional.empty();
    }
    Optional<Found> numeric = parser.numeric(first);
    if (numeric.isPresent()) {
      return numeric;
    }
    return new DateParser(tokens).dayFirst(first);
  }

  /** {@code 14Mar2024}, and the date in front of the time in {@code 2024-03-14T10:00}. */
  private static boolean isCompact(Tokens tokens, int first) {
    return tokens.is(first, Tokens.Kind.MIXED) && COMPACT.matcher(tokens.text(first)).matches();
  }

  private Optional<Found> compact(int first) {
    String text = tokens.text(first);
    int letters = Character.isDigit(text.charAt(1)) ? 2 : 1;
    parts.add(new Part(Meaning.DAY, text.substring(0, letters)));
    parts.add(new Part(Meaning.MONTH, text.substring(letters, letters + 3)));
    parts.add(new Part(Meaning.YEAR, text.substring(letters + 3)));
    last = first;
    return DateForm.month(text.substring(letters, letters + 3).toLowerCase(java.util.Locale.ROOT))
            == 0
        ? Optional.empty()
        : found(true);
  }

  private Optional<Found> numeric(int first) {
    if (!tokens.is(first, Tokens.Kind.NUMBER) || first + 2 >= tokens.size()) {
      return Optional.empty();
    }
    String mark = tokens.text(first + 1);
    boolean joined = tokens.touchesPrevious(first + 1) && tokens.touchesPrevious(first + 2);
    if (!"/-.".contains(mark) || mark.length() != 1 || !joined) {
      return Optional.empty();
    }
    boolean third =
        first + 4 < tokens.size()
            && tokens.text(first + 3).equals(mark)
            && tokens.touchesPrevious(first + 3)
            && tokens.touchesPrevious(first + 4);
    if (third) {
      return three(first, mark);
    }
    boolean two = mark.equals("/") && isSmall(first) && tokens.is(first + 2, Tokens.Kind.NUMBER);
    return two ? two(first) : Optional.empty();
  }

  private boolean isSmall(int token) {
    return tokens.is(token, Tokens.Kind.NUMBER) && tokens.length(token) <= 2;
  }

  private boolean isYear(int token) {
    return isSmall(token) ? tokens.length(token) == 2 : isLongYear(token);
  }

  private boolean isLongYear(int token) {
    return tokens.isNumber(token, 4) && tokens.value(token) >= 1800 && tokens.value(token) < 2200;
  }

  private Optional<Found> three(int first, String mark) {
    int middle = first + 2;
    last = first + 4;
    if (isLongYear(first) && isSmall(middle) && startsWithDay(last)) {
      String day = tokens.text(last).substring(0, Math.min(2, tokens.length(last)));
      boolean time = day.length() < tokens.length(last);
      add(Meaning.YEAR, first, mark);
      add(Meaning.MONTH, middle, mark);
      parts.add(new Part(Meaning.DAY, day));
      if (time) {
        parts.add(new Part(Meaning.LITERAL, tokens.text(last).substring(2)));
      }
      return found(true);
    }
    if (!isSmall(first) || !isYear(last)) {
      return Optional.empty();
    }
    boolean certain = isLongYear(last) || mark.equals("/");
    if (DateForm.month(tokens.lower(middle)) > 0) {
      return ordered(first, mark, Meaning.DAY, Meaning.MONTH, true);
    }
    if (!isSmall(middle)) {
      return Optional.empty();
    }
    Optional<Found> american = ordered(first, mark, Meaning.MONTH, Meaning.DAY, certain);
    return american.isPresent()
        ? american
        : ordered(first, mark, Meaning.DAY, Meaning.MONTH, certain);
  }

  private boolean startsWithDay(int token) {
    return isSmall(token) || DAY_AND_HOUR.matcher(tokens.text(token)).matches();
  }

  private Optional<Found> ordered(
      int first, String mark, Meaning one, Meaning two, boolean certain) {
    parts.clear();
    add(one, first, mark);
    add(two, first + 2, mark);
    parts.add(new Part(Meaning.YEAR, tokens.text(first + 4)));
    return found(certain);
  }

  /** Month and day, or month and year; nobody knows without a word that says so. */
  private Optional<Found> two(int first) {
    boolean year = isLongYear(first + 2);
    if (!year && !isSmall(first + 2)) {
      return Optional.empty();
    }
    last = first + 2;
    add(Meaning.MONTH, first, "/");
    parts.add(new Part(year ? Meaning.YEAR : Meaning.DAY, tokens.text(first + 2)));
    return found(year);
  }

  private void add(Meaning meaning, int token, String literal) {
    parts.add(new Part(meaning, tokens.text(token)));
    parts.add(new Part(Meaning.LITERAL, literal));
  }

  private Optional<Found> found(boolean certain) {
    return DateForm.of(parts).map(form -> new Found(form, last, certain));
  }

  /** {@code 14 March 2024}, {@code 14th of March}. */
  private Optional<Found> dayFirst(int first) {
    int month = tokens.lower(first + 1).equals("of") ? first + 2 : first + 1;
    if (DateForm.month(tokens.lower(month)) == 0) {
      return Optional.empty();
    }
    String digits = withoutOrdinal(tokens.text(first));
    if (digits.isEmpty() || digits.length() > 2 || !digits.chars().allMatch(Character::isDigit)) {
      return Optional.empty();
    }
    parts.add(new Part(Meaning.DAY, digits));
    String ordinal = tokens.text(first).substring(digits.length());
    parts.add(new Part(Meaning.LITERAL, ordinal + between(first, month)));
    parts.add(new Part(Meaning.MONTH, tokens.text(month)));
    last = month;
    year(month);
    return found(true);
  }

  /** {@code March 14, 2024}, {@code March 2024}, {@code March 14}. */
  private Optional<Found> monthFirst(int first) {
    boolean named = DateForm.month(tokens.lower(first)) > 0;
    boolean written = tokens.isCapitalized(first) || tokens.length(first) > 3;
    if (!named || !written) {
      return Optional.empty();
    }
    parts.add(new Part(Meaning.MONTH, tokens.text(first)));
    last = first;
    int next = tokens.isMark(first + 1, '.') ? first + 2 : first + 1;
    if (isLongYear(next)) {
      parts.add(new Part(Meaning.LITERAL, between(first, next)));
      parts.add(new Part(Meaning.YEAR, tokens.text(next)));
      last = next;
      return found(true);
    }
    String day = next < tokens.size() ? tokens.text(next) : "";
    String digits = withoutOrdinal(day);
    boolean ordinal = digits.length() == day.length() || ORDINALS.contains(tail(day, digits));
    boolean number = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!number || digits.length() > 2 || !ordinal) {
      return Optional.empty();
    }
    parts.add(new Part(Meaning.LITERAL, between(first, next)));
    parts.add(new Part(Meaning.DAY, digits));
    parts.add(new Part(Meaning.LITERAL, day.substring(digits.length())));
    last = next;
    year(next);
    return found(true);
  }

  /** {@code 3} of {@code 3rd}. */
  private static String withoutOrdinal(String day) {
    int end = day.length() - 2;
    boolean ordinal =
        end >= 0 && ORDINALS.contains(day.substring(end).toLowerCase(java.util.Locale.ROOT));
    return ordinal ? day.substring(0, end) : day;
  }

  private static String tail(String day, String digits) {
    return day.substring(digits.length()).toLowerCase(java.util.Locale.ROOT);
  }

  /** A year behind what has been read, perhaps after a comma or a dot. */
  private void year(int before) {
    boolean mark = tokens.isMark(before + 1, ',') || tokens.isMark(before + 1, '.');
    int year = mark ? before + 2 : before + 1;
    if (isLongYear(year) && !tokens.startsLine(year)) {
      parts.add(new Part(Meaning.LITERAL, between(before, year)));
      parts.add(new Part(Meaning.YEAR, tokens.text(year)));
      last = year;
    }
  }

  private String between(int token, int next) {
    int from = tokens.end(token);
    int to = tokens.start(next);
    return tokens.view().text(from, to);
  }
}
