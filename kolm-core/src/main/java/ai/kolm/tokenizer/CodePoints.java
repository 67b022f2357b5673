package ai.kolm.tokenizer;

/**
 * The classes of code points that the patterns of tokenizers name, as sets of bits. Letters, marks
 * and numbers are those of the JDK's Unicode version.
 */
final class CodePoints {
  /** {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /**
   * {@code \s}: White_Space. {@link Character#isWhitespace} is another set: it has U+001C to U+001F
   * and has not the no-break spaces.
   */
  static final int SPACE = 4;

  /** {@code [\r\n]}; also a {@link #SPACE}. */
  static final int NEWLINE = 8;

  /** {@code \p{M}}. */
  static final int MARK = 16;

  /** {@code \p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}}: what the head of a capitalised word is made of. */
  static final int UPPER = 32;

  /** {@code \p{Ll}\p{Lm}\p{Lo}\p{M}}: what the tail of a word is made of. */
  static final int LOWER = 64;

  /** {@code \p{P}}. */
  static final int PUNCTUATION = 128;

  /** {@code \p{S}}. */
  static final int SYMBOL = 256;

  private static final short[] ASCII = new short[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = (short) classify(c);
    }
  }

  private CodePoints() {}

  /** The classes of the code point at {@code at} in well-formed text. */
  static int at(byte[] text, int at) {
    int first = text[at];
    return first >= 0 ? ASCII[first] : classify(Utf8.codePoint(text, at));
  }

  /** The classes of a code point. */
  static int of(int codePoint) {
    return codePoint < ASCII.length ? ASCII[codePoint] : classify(codePoint);
  }

  /** The end of the longest run of code points from {@code from} that are in one of the classes. */
  static int run(byte[] text, int from, int to, int classes) {
    int at = from;
    while (at < to && (at(text, at) & classes) != 0) {
      at = Utf8.next(text, at);
    }
    return at;
  }

  /** The end of the longest run of code points that are in none of the classes. */
  static int runOutside(byte[] text, int from, int to, int classes) {
    int at = from;
    while (at < to && (at(text, at) & classes) == 0) {
      at = Utf8.next(text, at);
    }
    return at;
  }

  private static int classify(int codePoint) {
    int space = isSpace(codePoint) ? SPACE : 0;
    int newline = codePoint == '\n' || codePoint == '\r' ? NEWLINE : 0;
    return space | newline | category(codePoint);
  }

  private static int category(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
      case Character.LOWERCASE_LETTER -> LETTER | LOWER;
      case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPER | LOWER;
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          MARK | UPPER | LOWER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          SYMBOL;
      default -> 0;
    };
  }

  /** White_Space of the Unicode character database. */
  static boolean isSpace(int codePoint) {
    if (codePoint <= ' ') {
      return codePoint == ' ' || (codePoint >= '\t' && codePoint <= '\r');
    }
    return switch (codePoint) {
      case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default -> codePoint >= 0x2000 && codePoint <= 0x200A;
    };
  }
}
