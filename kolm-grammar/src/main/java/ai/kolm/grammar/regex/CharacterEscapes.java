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
    return switch (name) {
      case "L", "Letter" ->
          GeneralCategories.of(
              Character.UPPERCASE_LETTER,
              Character.LOWERCASE_LETTER,
              Character.TITLECASE_LETTER,
              Character.MODIFIER_LETTER,
              Character.OTHER_LETTER);
      case "Lu", "Uppercase_Letter" -> GeneralCategories.of(Character.UPPERCASE_LETTER);
      case "Ll", "Lowercase_Letter" -> GeneralCategories.of(Character.LOWERCASE_LETTER);
      case "Lt", "Titlecase_Letter" -> GeneralCategories.of(Character.TITLECASE_LETTER);
      case "LC", "Cased_Letter" ->
          GeneralCategories.of(
              Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER);
      case "Lm", "Modifier_Letter" -> GeneralCategories.of(Character.MODIFIER_LETTER);
      case "Lo", "Other_Letter" -> GeneralCategories.of(Character.OTHER_LETTER);
      case "M", "Mark", "Combining_Mark" ->
          GeneralCategories.of(
              Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK);
      case "Mn", "Nonspacing_Mark" -> GeneralCategories.of(Character.NON_SPACING_MARK);
      case "N", "Number" ->
          GeneralCategories.of(
              Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER);
      case "Nd", "Decimal_Number", "digit" -> GeneralCategories.of(Character.DECIMAL_DIGIT_NUMBER);
      case "Nl", "Letter_Number" -> GeneralCategories.of(Character.LETTER_NUMBER);
      case "No", "Other_Number" -> GeneralCategories.of(Character.OTHER_NUMBER);
      case "P", "Punctuation", "punct" ->
          GeneralCategories.of(
              Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION);
      case "S", "Symbol" ->
          GeneralCategories.of(
              Character.MATH_SYMBOL,
              Character.CURRENCY_SYMBOL,
              Character.MODIFIER_SYMBOL,
              Character.OTHER_SYMBOL);
      case "Sc", "Currency_Symbol" -> GeneralCategories.of(Character.CURRENCY_SYMBOL);
      case "Sm", "Math_Symbol" -> GeneralCategories.of(Character.MATH_SYMBOL);
      case "Z", "Separator" ->
          GeneralCategories.of(
              Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
      case "Zs", "Space_Separator" -> GeneralCategories.of(Character.SPACE_SEPARATOR);
      case "Cc", "Control", "cntrl" -> GeneralCategories.of(Character.CONTROL);
      default -> null;
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
