package ai.kolm.grammar.cfg;

import org.jspecify.annotations.Nullable;

/** The terminals of Lark's library {@code common}, as regular expressions. */
final class LarkCommon {
  private static final String INT = "[0-9]+";
  private static final String DECIMAL = "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)";
  private static final String FLOAT =
      "(?:[0-9]+[eE][+-]?[0-9]+|" + DECIMAL + "(?:[eE][+-]?[0-9]+)?)";
  private static final String LETTER = "[A-Za-z]";

  private LarkCommon() {}

  /** The expression of a terminal; null if there is none of that name. */
  static @Nullable String pattern(String name) {
    return switch (name) {
      case "DIGIT" -> "[0-9]";
      case "HEXDIGIT" -> "[0-9A-Fa-f]";
      case "INT" -> INT;
      case "SIGNED_INT" -> "[+-]?" + INT;
      case "DECIMAL" -> DECIMAL;
      case "FLOAT" -> FLOAT;
      case "SIGNED_FLOAT" -> "[+-]?" + FLOAT;
      case "NUMBER" -> "(?:" + FLOAT + "|" + INT + ")";
      case "SIGNED_NUMBER" -> "[+-]?(?:" + FLOAT + "|" + INT + ")";
      case "LCASE_LETTER" -> "[a-z]";
      case "UCASE_LETTER" -> "[A-Z]";
      case "LETTER" -> LETTER;
      case "WORD" -> LETTER + "+";
      case "CNAME" -> "[_A-Za-z][_A-Za-z0-9]*";
      case "ESCAPED_STRING" -> "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\"";
      case "WS_INLINE" -> "[ \\t]+";
      case "WS" -> "[ \\t\\f\\r\\n]+";
      case "CR" -> "\\r";
      case "LF" -> "\\n";
      case "NEWLINE" -> "(?:\\r?\\n)+";
      default -> null;
    };
  }
}
