package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;

/** The escapes of Python's string literals. */
final class StringLiteral {
  private StringLiteral() {}

  /** What the text between the quotes stands for; an escape that is none stays as it is. */
  static String unescape(String text, int line) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      char c = text.charAt(i++);
      if (c != '\\') {
        out.append(c);
      } else {
        i = escape(text, i, out, line);
      }
    }
    return wellFormed(out.toString(), line);
  }

  /** Decodes the escape whose character behind the backslash is at {@code i}; gives its end. */
  private static int escape(String text, int i, StringBuilder out, int line) {
    char c = text.charAt(i);
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> out.append(c);
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000b');
      case 'x' -> {
        return hex(text, i + 1, 2, out, line);
      }
      case 'u' -> {
        return hex(text, i + 1, 4, out, line);
      }
      case 'U' -> {
        return hex(text, i + 1, 8, out, line);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        return octal(text, i, out);
      }
      case 'N' ->
          throw new TemplateError(Kind.SYNTAX, line, "characters by name are not supported");
      default -> out.append('\\').append(c);
    }
    return i + 1;
  }

  private static int hex(String text, int from, int digits, StringBuilder out, int line) {
    long value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
      if (digit < 0) {
        throw new TemplateError(Kind.SYNTAX, line, "a truncated escape in a string");
      }
      value = 16 * value + digit;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw new TemplateError(Kind.SYNTAX, line, "an escape beyond Unicode in a string");
    }
    out.appendCodePoint((int) value);
    return from + digits;
  }

  private static int octal(String text, int from, StringBuilder out) {
    int end = from;
    int value = 0;
    while (end < text.length() && end < from + 3 && "01234567".indexOf(text.charAt(end)) >= 0) {
      value = 8 * value + (text.charAt(end++) - '0');
    }
    out.appendCodePoint(value);
    return end;
  }

  private static String wellFormed(String text, int line) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int type = Character.getType(text.codePointAt(i));
      if (type == Character.SURROGATE) {
        throw new TemplateError(Kind.SYNTAX, line, "half of a surrogate pair in a string");
      }
    }
    return text;
  }
}
