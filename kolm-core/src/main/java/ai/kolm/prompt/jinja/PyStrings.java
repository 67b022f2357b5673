package ai.kolm.prompt.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** How Python writes values: {@code str()} and {@code repr()}. */
final class PyStrings {
  /** Nesting of values that any walk over them accepts. */
  static final int MAX_DEPTH = 100;

  private PyStrings() {}

  /** Python's {@code str.isspace}, for one character; there are none outside the BMP. */
  static boolean isSpace(int c) {
    return switch (c) {
      case ' ', '\t', '\n', 0x0b, '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0 -> true;
      case 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 -> true;
      default -> c >= 0x2000 && c <= 0x200a;
    };
  }

  /** What {@code {{ value }}} prints. */
  static Text str(Value value, Budget budget) {
    if (value instanceof Text text) {
      return text;
    }
    return value instanceof Value.Undefined ? Text.EMPTY : repr(value, budget);
  }

  /** How a value looks inside of a list. */
  static Text repr(Value value, Budget budget) {
    TextBuilder out = new TextBuilder(budget);
    repr(value, out, budget, 0);
    return out.build();
  }

  private static void repr(Value value, TextBuilder out, Budget budget, int depth) {
    if (depth > MAX_DEPTH) {
      throw tooDeep();
    }
    budget.visit();
    switch (value) {
      case Text text -> quoted(text, out);
      case Value.Int number -> out.append(Long.toString(number.value()), false);
      case Value.Real number -> out.append(real(number.value()), false);
      case Value.Bool bool -> out.append(bool.value() ? "True" : "False", false);
      case Value.None _ -> out.append("None", false);
      case Value.Undefined _ -> out.append("Undefined", false);
      case Value.Seq seq -> sequence(seq, out, budget, depth);
      case Value.Dict dict -> {
        out.append("{", false);
        String separator = "";
        for (Value.Dict.Entry entry : dict.entries()) {
          out.append(separator, false);
          repr(entry.key(), out, budget, depth + 1);
          out.append(": ", false);
          repr(entry.value(), out, budget, depth + 1);
          separator = ", ";
        }
        out.append("}", false);
      }
      case Value.Generator _, Value.Namespace _, Loop _, Value.Callable _ ->
          throw TemplateError.evaluation("a " + value.typeName() + " cannot be printed");
    }
  }

  private static void sequence(Value.Seq seq, TextBuilder out, Budget budget, int depth) {
    List<Value> items = seq.items();
    String[] brackets =
        switch (seq.kind()) {
          case LIST -> new String[] {"[", "]"};
          case TUPLE -> new String[] {"(", items.size() == 1 ? ",)" : ")"};
          case DICT_KEYS, DICT_VALUES, DICT_ITEMS -> new String[] {seq.typeName() + "([", "])"};
          case RANGE -> throw TemplateError.evaluation("a range cannot be printed");
        };
    out.append(brackets[0], false);
    String separator = "";
    for (Value item : items) {
      out.append(separator, false);
      repr(item, out, budget, depth + 1);
      separator = ", ";
    }
    out.append(brackets[1], false);
  }

  static TemplateError tooDeep() {
    return new TemplateError(
        TemplateError.Kind.LIMIT, 0, "a value nested deeper than " + MAX_DEPTH);
  }

  /** A string in quotes, as {@code repr} writes it. */
  static void quoted(Text text, TextBuilder out) {
    String quote = text.chars().contains("'") && !text.chars().contains("\"") ? "\"" : "'";
    out.append(quote, false);
    text.forEachRun((piece, template) -> out.append(escaped(piece, quote.charAt(0)), template));
    out.append(quote, false);
  }

  private static final Map<Integer, String> ESCAPES =
      Map.of((int) '\\', "\\\\", (int) '\n', "\\n", (int) '\r', "\\r", (int) '\t', "\\t");

  private static String escaped(String piece, char quote) {
    StringBuilder out = new StringBuilder(piece.length());
    piece
        .codePoints()
        .forEach(
            c -> {
              if (c == quote) {
                out.append('\\').append(quote);
              } else if (ESCAPES.containsKey(c)) {
                out.append(ESCAPES.get(c));
              } else if (isPrintable(c)) {
                out.appendCodePoint(c);
              } else {
                String format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                out.append(format.formatted(c));
              }
            });
    return out.toString();
  }

  private static boolean isPrintable(int c) {
    return c == ' '
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /** A float as {@code repr} writes it: the shortest digits that read back as the same number. */
  static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - shortest.scale() - 1;
    return (value < 0 ? "-" : "") + place(digits, exponent);
  }

  /** The digits d.ddd times ten to the exponent, in Python's choice of notation. */
  private static String place(String digits, int exponent) {
    if (exponent < -4 || exponent >= 16) {
      String mantissa =
          digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
      return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
    if (exponent < 0) {
      return "0." + "0".repeat(-exponent - 1) + digits;
    }
    if (digits.length() <= exponent + 1) {
      return digits + "0".repeat(exponent + 1 - digits.length()) + ".0";
    }
    return digits.substring(0, exponent + 1) + "." + digits.substring(exponent + 1);
  }
}
