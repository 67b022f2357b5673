package ai.kolm.anonymize;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A date as it was written, so that another date can be written the same way: the order of its
 * parts, digits or names of months, leading zeros, separators.
 *
 * @param date what it says; a missing year is read as 2000, a missing day as the first
 * @param parts the pieces of the text, in order
 */
record DateForm(LocalDate date, List<Part> parts) {
  /** English names of months. */
  static final List<String> MONTHS =
      List.of(
          "january",
          "february",
          "march",
          "april",
          "may",
          "june",
          "july",
          "august",
          "september",
          "october",
          "november",
          "december");

  private static final int LEAP_YEAR = 2000;
  private static final int SHORT_NAME = 3;

  DateForm {
    parts = List.copyOf(parts);
  }

  /** What a piece stands for. */
  enum Meaning {
    YEAR,
    MONTH,
    DAY,
    LITERAL
  }

  /**
   * A piece of a date.
   *
   * @param meaning what it stands for
   * @param text how it was written
   */
  record Part(Meaning meaning, String text) {
    private String write(LocalDate other) {
      return switch (meaning) {
        case LITERAL -> text;
        case YEAR ->
            text.length() <= 2
                ? "%02d".formatted(other.getYear() % 100)
                : Integer.toString(other.getYear());
        case DAY -> number(other.getDayOfMonth());
        case MONTH ->
            Character.isDigit(text.charAt(0)) ? number(other.getMonthValue()) : name(other);
      };
    }

    private String number(int value) {
      return text.length() == 2 ? "%02d".formatted(value) : Integer.toString(value);
    }

    private String name(LocalDate other) {
      String full = MONTHS.get(other.getMonthValue() - 1);
      boolean isShort = text.length() <= SHORT_NAME + 1 && !MONTHS.contains(lower(text));
      String small = isShort ? full.substring(0, SHORT_NAME) : full;
      if (text.equals(text.toUpperCase(Locale.ROOT))) {
        return small.toUpperCase(Locale.ROOT);
      }
      return Character.isUpperCase(text.charAt(0))
          ? Character.toUpperCase(small.charAt(0)) + small.substring(1)
          : small;
    }
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** The month that a word names, 1 to 12; 0 if it names none. */
  static int month(String lower) {
    return switch (lower) {
      case "january", "jan" -> 1;
      case "february", "feb" -> 2;
      case "march", "mar" -> 3;
      case "april", "apr" -> 4;
      case "may" -> 5;
      case "june", "jun" -> 6;
      case "july", "jul" -> 7;
      case "august", "aug" -> 8;
      case "september", "sept", "sep" -> 9;
      case "october", "oct" -> 10;
      case "november", "nov" -> 11;
      case "december", "dec" -> 12;
      default -> 0;
    };
  }

  /** The form of pieces that mean year, month and day; empty if there is no such date. */
  static Optional<DateForm> of(List<Part> parts) {
    int year = LEAP_YEAR;
    int month = 0;
    int day = 1;
    for (Part part : parts) {
      switch (part.meaning()) {
        case YEAR -> year = year(part.text());
        case MONTH -> month = monthOf(part.text());
        case DAY -> day = Integer.parseInt(part.text());
        case LITERAL -> {}
      }
    }
    try {
      return Optional.of(new DateForm(LocalDate.of(year, month, day), parts));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static int monthOf(String text) {
    return Character.isDigit(text.charAt(0)) ? Integer.parseInt(text) : month(lower(text));
  }

  private static int year(String text) {
    int value = Integer.parseInt(text);
    return text.length() > 2 ? value : value < 50 ? 2000 + value : 1900 + value;
  }

  /** Another date, written like this one. */
  String write(LocalDate other) {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part.write(other)));
    return text.toString();
  }
}
