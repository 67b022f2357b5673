package ai.kolm.prompt.jinja;

/**
 * A number as Python writes it: {@code 12}, {@code 1_000}, {@code 0x1f}, {@code 1.5e-3}.
 *
 * @param end the offset behind it
 */
record NumberLiteral(Value value, int end) {

  /** Reads the number that begins with the digit at {@code at}. */
  static NumberLiteral scan(String source, int at) {
    int radix = radix(source, at);
    if (radix != 10) {
      int end = digits(source, at + 2, radix);
      return whole(source.substring(at + 2, end), radix, end);
    }
    int end = digits(source, at, 10);
    boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
    int floatEnd = afterDot ? end : exponent(source, fraction(source, end));
    if (floatEnd > end) {
      String text = source.substring(at, floatEnd).replace("_", "");
      return new NumberLiteral(new Value.Real(Double.parseDouble(text)), floatEnd);
    }
    return whole(source.substring(at, end), 10, end);
  }

  private static NumberLiteral whole(String digits, int radix, int end) {
    try {
      return new NumberLiteral(new Value.Int(Long.parseLong(digits.replace("_", ""), radix)), end);
    } catch (NumberFormatException e) {
      throw new TemplateError(TemplateError.Kind.SYNTAX, 0, "a whole number beyond 64 bits");
    }
  }

  private static int radix(String source, int at) {
    if (source.charAt(at) != '0' || at + 2 >= source.length()) {
      return 10;
    }
    int radix =
        switch (source.charAt(at + 1)) {
          case 'x', 'X' -> 16;
          case 'o', 'O' -> 8;
          case 'b', 'B' -> 2;
          default -> 10;
        };
    return digits(source, at + 2, radix) > at + 2 ? radix : 10;
  }

  /** Behind the digits at {@code at}, with single underscores between them. */
  private static int digits(String source, int at, int radix) {
    int end = at;
    while (end < source.length()
        && (isDigit(source, end, radix)
            || (source.charAt(end) == '_' && isDigit(source, end + 1, radix)))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(String source, int at, int radix) {
    return at < source.length()
        && source.charAt(at) < 0x80
        && Character.digit(source.charAt(at), radix) >= 0;
  }

  private static int fraction(String source, int at) {
    boolean fraction =
        at < source.length() && source.charAt(at) == '.' && isDigit(source, at + 1, 10);
    return fraction ? digits(source, at + 1, 10) : at;
  }

  private static int exponent(String source, int at) {
    if (at >= source.length() || "eE".indexOf(source.charAt(at)) < 0) {
      return at;
    }
    boolean signed = at + 1 < source.length() && "+-".indexOf(source.charAt(at + 1)) >= 0;
    int digits = at + (signed ? 2 : 1);
    return isDigit(source, digits, 10) ? digits(source, digits, 10) : at;
  }
}
