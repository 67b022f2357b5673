package ai.kolm.anonymize;

import java.util.Arrays;
import java.util.Locale;

/**
 * A text cut into runs of letters and digits and single other characters; white space is left out.
 * All detectors walk over these once, looking a fixed number of tokens around: no text makes them
 * slow.
 */
final class Tokens {
  /** What a token consists of. */
  enum Kind {
    /** Letters. */
    WORD,
    /** Digits. */
    NUMBER,
    /** Letters and digits. */
    MIXED,
    /** One other character. */
    MARK
  }

  private static final int MIN_EXPECTED = 16;
  private static final int CHARS_PER_TOKEN = 4;
  private static final int NONE = -1;
  private static final String[] SINGLES = new String[0x80];
  private static final boolean[] WORD_CHARS = new boolean[0x80];

  static {
    for (char c = 0; c < SINGLES.length; c++) {
      SINGLES[c] = String.valueOf(c);
      WORD_CHARS[c] = Character.isLetterOrDigit(c);
    }
  }

  private final MatchingView view;
  private int[] start;
  private int[] end;
  private Kind[] kind;
  private String[] text;
  private String[] lower;
  private boolean[] capital;
  private int size;

  Tokens(MatchingView view) {
    this.view = view;
    int expected = MIN_EXPECTED + view.length() / CHARS_PER_TOKEN;
    start = new int[expected];
    end = new int[expected];
    kind = new Kind[expected];
    text = new String[expected];
    lower = new String[expected];
    capital = new boolean[expected];
    int i = 0;
    while (i < view.length()) {
      char c = view.at(i);
      if (isWordChar(c)) {
        i = run(i);
      } else {
        if (c > ' ') {
          add(i, i + 1, Kind.MARK);
        }
        i++;
      }
    }
  }

  private static boolean isWordChar(char c) {
    if (c < WORD_CHARS.length) {
      return WORD_CHARS[c];
    }
    return Character.isLetterOrDigit(c) || Character.isSurrogate(c);
  }

  private int run(int from) {
    boolean letters = false;
    boolean digits = false;
    int i = from;
    while (i < view.length() && isWordChar(view.at(i))) {
      char c = view.at(i);
      if (c >= '0' && c <= '9') {
        digits = true;
      } else {
        letters = true;
      }
      i++;
    }
    add(from, i, !digits ? Kind.WORD : letters ? Kind.MIXED : Kind.NUMBER);
    return i;
  }

  private void add(int from, int to, Kind newKind) {
    if (size == start.length) {
      start = Arrays.copyOf(start, 2 * size);
      end = Arrays.copyOf(end, 2 * size);
      kind = Arrays.copyOf(kind, 2 * size);
      text = Arrays.copyOf(text, 2 * size);
      lower = Arrays.copyOf(lower, 2 * size);
      capital = Arrays.copyOf(capital, 2 * size);
    }
    start[size] = from;
    end[size] = to;
    kind[size] = newKind;
    boolean letters = newKind == Kind.WORD || newKind == Kind.MIXED;
    text[size] = to == from + 1 ? single(view.at(from)) : view.text(from, to);
    capital[size] = newKind == Kind.WORD && Character.isUpperCase(view.at(from));
    lower[size] = letters ? text[size].toLowerCase(Locale.ROOT) : text[size];
    size++;
  }

  /** Most texts have the same few marks and digits: they are made once. */
  private static String single(char c) {
    return c < SINGLES.length ? SINGLES[c] : String.valueOf(c);
  }

  /** What the tokens were cut from. */
  MatchingView view() {
    return view;
  }

  int size() {
    return size;
  }

  int start(int token) {
    return start[token];
  }

  int end(int token) {
    return end[token];
  }

  int length(int token) {
    return end[token] - start[token];
  }

  String text(int token) {
    return text[token];
  }

  /** In small letters; empty outside the text. */
  String lower(int token) {
    return token < 0 || token >= size ? "" : lower[token];
  }

  boolean is(int token, Kind expected) {
    return token >= 0 && token < size && kind[token] == expected;
  }

  /** Whether the token is this one character. */
  boolean isMark(int token, char mark) {
    return is(token, Kind.MARK) && text[token].charAt(0) == mark;
  }

  /** Whether a token has digits, perhaps among letters. */
  boolean hasDigits(int token) {
    return is(token, Kind.NUMBER) || is(token, Kind.MIXED);
  }

  /** A number of {@code digits} digits. */
  boolean isNumber(int token, int digits) {
    return is(token, Kind.NUMBER) && length(token) == digits;
  }

  /** The value of a number of at most nine digits; -1 if it is none. */
  int value(int token) {
    return is(token, Kind.NUMBER) && length(token) <= 9 ? Integer.parseInt(text[token]) : NONE;
  }

  /** Whether nothing stands between a token and the one before it. */
  boolean touchesPrevious(int token) {
    return token > 0 && token < size && start[token] == end[token - 1];
  }

  /** Whether a line begins with this token; nothing stands in a line with what is outside. */
  boolean startsLine(int token) {
    if (token <= 0 || token >= size) {
      return true;
    }
    for (int i = end[token - 1]; i < start[token]; i++) {
      if (view.at(i) == '\n') {
        return true;
      }
    }
    return false;
  }

  /** Whether a word begins with a capital letter. */
  boolean isCapitalized(int token) {
    return token >= 0 && token < size && capital[token];
  }

  /** Whether a word of two or more letters has capitals only. */
  boolean isUpper(int token) {
    return is(token, Kind.WORD)
        && length(token) > 1
        && !hasSmallAscii(text[token])
        && text[token].equals(text[token].toUpperCase(Locale.ROOT));
  }

  private static boolean hasSmallAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 'a' && text.charAt(i) <= 'z') {
        return true;
      }
    }
    return false;
  }
}
