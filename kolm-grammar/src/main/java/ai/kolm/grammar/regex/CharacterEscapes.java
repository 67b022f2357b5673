package ai.kolm.grammar.regex;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The sets behind {@code \d}, {@code \s}, {@code \w}, {@code .} and {@code \p{...}}. */
final class CharacterEscapes {
  static final int[] DIGIT = {'0', '9'};
  static final int[] WORD = CodePoints.of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');

  /** WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3. */
  static final int[] SPACE =
      CodePoints.of(
          9, 13, 32, 32, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029, 0x202F, 0x202F,
          0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF);

  /** What {@code .} stands for: all but LineTerminator. */
  static final int[] DOT = CodePoints.complement(CodePoints.of(10, 10, 13, 13, 0x2028, 0x2029));

  private CharacterEscapes() {}

  /** The set of {@code \c} for a class letter; null if {@code c} is none. */
  static int @Nullable [] ofLetter(int letter) {
    return switch (letter) {
      case 'd' -> DIGIT;
      case 'D' -> CodePoints.complement(DIGIT);
      case 'w' -> WORD;
      case 'W' -> CodePoints.complement(WORD);
      case 's' -> SPACE;
      case 'S' -> CodePoints.complement(SPACE);
      default -> null;
    };
  }

  /**
   * The set of {@code \p{name}}: general categories by short or long name, scripts and some binary
   * properties; null if unknown.
   */
  static int @Nullable [] property(String name) {
    int equals = name.indexOf('=');
    String key = equals < 0 ? "" : name.substring(0, equals);
    String value = name.substring(equals + 1);
    return switch (key) {
      case "" -> categoryOrBinary(value);
      case "General_Category", "gc" -> category(value);
      case "Script", "sc", "Script_Extensions", "scx" -> script(value);
      default -> null;
    };
  }

  private static int @Nullable [] categoryOrBinary(String name) {
    return switch (name) {
      case "Any" -> CodePoints.ALL;
      case "ASCII" -> new int[] {0, 127};
      case "Alphabetic", "Alpha" -> matching(Character::isAlphabetic);
      case "Uppercase", "Upper" -> matching(Character::isUpperCase);
      case "Lowercase", "Lower" -> matching(Character::isLowerCase);
      case "White_Space", "space" ->
          CodePoints.of(
              9, 13, 32, 32, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029,
              0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000);
      default -> category(name);
    };
  }

  private static int @Nullable [] category(String name) {
    String codes =
        switch (name) {
          case "L", "Letter" -> "Lu Ll Lt Lm Lo";
          case "Lu", "Uppercase_Letter" -> "Lu";
          case "Ll", "Lowercase_Letter" -> "Ll";
          case "Lt", "Titlecase_Letter" -> "Lt";
          case "LC", "Cased_Letter" -> "Lu Ll Lt";
          case "Lm", "Modifier_Letter" -> "Lm";
          case "Lo", "Other_Letter" -> "Lo";
          case "M", "Mark", "Combining_Mark" -> "Mn Mc Me";
          case "Mn", "Nonspacing_Mark" -> "Mn";
          case "N", "Number" -> "Nd Nl No";
          case "Nd", "Decimal_Number", "digit" -> "Nd";
          case "Nl", "Letter_Number" -> "Nl";
          case "No", "Other_Number" -> "No";
          case "P", "Punctuation", "punct" -> "Pc Pd Ps Pe Pi Pf Po";
          case "S", "Symbol" -> "Sm Sc Sk So";
          case "Sc", "Currency_Symbol" -> "Sc";
          case "Sm", "Math_Symbol" -> "Sm";
          case "Z", "Separator" -> "Zs Zl Zp";
          case "Zs", "Space_Separator" -> "Zs";
          case "Cc", "Control", "cntrl" -> "Cc";
          default -> "";
        };
    return codes.isEmpty()
        ? null
        : matching(codePoint -> codes.contains(code(Character.getType(codePoint))));
  }

  private static String code(int type) {
    return switch (type) {
      case Character.UPPERCASE_LETTER -> "Lu";
      case Character.LOWERCASE_LETTER -> "Ll";
      case Character.TITLECASE_LETTER -> "Lt";
      case Character.MODIFIER_LETTER -> "Lm";
      case Character.OTHER_LETTER -> "Lo";
      case Character.NON_SPACING_MARK -> "Mn";
      case Character.COMBINING_SPACING_MARK -> "Mc";
      case Character.ENCLOSING_MARK -> "Me";
      case Character.DECIMAL_DIGIT_NUMBER -> "Nd";
      case Character.LETTER_NUMBER -> "Nl";
      case Character.OTHER_NUMBER -> "No";
      case Character.CONNECTOR_PUNCTUATION -> "Pc";
      case Character.DASH_PUNCTUATION -> "Pd";
      case Character.START_PUNCTUATION -> "Ps";
      case Character.END_PUNCTUATION -> "Pe";
      case Character.INITIAL_QUOTE_PUNCTUATION -> "Pi";
      case Character.FINAL_QUOTE_PUNCTUATION -> "Pf";
      case Character.OTHER_PUNCTUATION -> "Po";
      case Character.MATH_SYMBOL -> "Sm";
      case Character.CURRENCY_SYMBOL -> "Sc";
      case Character.MODIFIER_SYMBOL -> "Sk";
      case Character.OTHER_SYMBOL -> "So";
      case Character.SPACE_SEPARATOR -> "Zs";
      case Character.LINE_SEPARATOR -> "Zl";
      case Character.PARAGRAPH_SEPARATOR -> "Zp";
      case Character.CONTROL -> "Cc";
      default -> "--";
    };
  }

  private static int @Nullable [] script(String name) {
    try {
      Character.UnicodeScript script =
          Character.UnicodeScript.forName(name.toUpperCase(Locale.ROOT));
      return matching(codePoint -> Character.UnicodeScript.of(codePoint) == script);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int[] matching(IntPredicate member) {
    int[] ranges = new int[4096];
    int size = 0;
    for (int codePoint = 0; codePoint <= CodePoints.MAX; codePoint++) {
      if (!member.test(codePoint)) {
        continue;
      }
      if (size > 0 && ranges[size - 1] == codePoint - 1) {
        ranges[size - 1] = codePoint;
      } else {
        ranges[size++] = codePoint;
        ranges[size++] = codePoint;
      }
    }
    return CodePoints.of(Arrays.copyOf(ranges, size));
  }
}
