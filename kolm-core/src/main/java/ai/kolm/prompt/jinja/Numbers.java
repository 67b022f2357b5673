package ai.kolm.prompt.jinja;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers that a string spells, as Python's {@code int()} and {@code float()} read them. */
final class Numbers {
  /** Possessive throughout: time is linear in the length. */
  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?+(?:(?:\\d++(?:_\\d++)*+)(?:\\.(?:\\d++(?:_\\d++)*+)?+)?+|\\.\\d++(?:_\\d++)*+)"
              + "(?:[eE][+-]?+\\d++(?:_\\d++)*+)?+");

  private Numbers() {}

  /** {@code null} if the text is no whole number. */
  static Value.@Nullable Int parseInt(String text, long base) {
    if (base != 0 && (base < 2 || base > 36)) {
      throw TemplateError.evaluation("int() base must be >= 2 and <= 36, or 0");
    }
    String digits = strip(text);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = (int) base;
    int prefixed = prefix(digits);
    if (prefixed != 0 && (base == 0 || base == prefixed)) {
      digits = digits.substring(2);
      digits = digits.startsWith("_") ? digits.substring(1) : digits;
      radix = prefixed;
    }
    if (!spells(digits, radix == 0 ? 10 : radix)) {
      return null;
    }
    try {
      String signed = (negative ? "-" : "") + digits.replace("_", "");
      return new Value.Int(Long.parseLong(signed, radix == 0 ? 10 : radix));
    } catch (NumberFormatException e) {
      throw TemplateError.evaluation("a whole number beyond 64 bits");
    }
  }

  private static int prefix(String digits) {
    if (digits.length() < 3 || digits.charAt(0) != '0') {
      return 0;
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X' -> 16;
      case 'o', 'O' -> 8;
      case 'b', 'B' -> 2;
      default -> 0;
    };
  }

  /** Whether these are digits, with single underscores between them. */
  private static boolean spells(String digits, int radix) {
    boolean afterDigit = false;
    for (int i = 0; i < digits.length(); i++) {
      boolean digit = Character.digit(digits.charAt(i), radix) >= 0;
      if (!digit && !(digits.charAt(i) == '_' && afterDigit)) {
        return false;
      }
      afterDigit = digit;
    }
    return afterDigit;
  }

  /** {@code null} if the text is no number. */
  static @Nullable Double parseFloat(String text) {
    String number = strip(text);
    if (FLOAT.matcher(number).matches()) {
      return Double.valueOf(number.replace("_", ""));
    }
    boolean signed = number.startsWith("-") || number.startsWith("+");
    double sign = number.startsWith("-") ? -1 : 1;
    return switch ((signed ? number.substring(1) : number).toLowerCase(Locale.ROOT)) {
      case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> null;
    };
  }

  /** The whole part of a double; the fallback if it has none. */
  static Value truncate(double value, Value fallback) {
    if (!Double.isFinite(value)) {
      return fallback;
    }
    if (Math.abs(value) >= 0x1p63) {
      throw TemplateError.evaluation("a whole number beyond 64 bits");
    }
    return new Value.Int((long) value);
  }

  private static String strip(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && PyStrings.isSpace(text.charAt(from))) {
      from++;
    }
    while (from < to && PyStrings.isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }
}
