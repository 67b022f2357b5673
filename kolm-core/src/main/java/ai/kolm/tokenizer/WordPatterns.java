package ai.kolm.tokenizer;

import static ai.kolm.tokenizer.CodePoints.LETTER;
import static ai.kolm.tokenizer.CodePoints.LOWER;
import static ai.kolm.tokenizer.CodePoints.MARK;
import static ai.kolm.tokenizer.CodePoints.NEWLINE;
import static ai.kolm.tokenizer.CodePoints.NUMBER;
import static ai.kolm.tokenizer.CodePoints.SPACE;
import static ai.kolm.tokenizer.CodePoints.UPPER;

/**
 * The three families of patterns that byte-level tokenizers split by, as scanners.
 *
 * <p>All of them end in {@code \s+(?!\S)|\s+}: a run of white space leaves its last character to
 * the word that follows, so that {@code " a"} is {@code " "} and {@code " a"}.
 */
final class WordPatterns {

  /** GPT-2: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}. */
  static final WordScanner GPT2 = WordPatterns::gpt2;

  private static final int LETTER_NUMBER_SPACE = LETTER | NUMBER | SPACE;

  private WordPatterns() {}

  private static int gpt2(byte[] text, int from, int to) {
    int contraction = contraction(text, from, to, false);
    if (contraction > from) {
      return contraction;
    }
    int at = text[from] == ' ' && from + 1 < to ? from + 1 : from;
    int classes = CodePoints.at(text, at);
    if ((classes & LETTER) != 0) {
      return CodePoints.run(text, at, to, LETTER);
    }
    if ((classes & NUMBER) != 0) {
      return CodePoints.run(text, at, to, NUMBER);
    }
    return (classes & SPACE) != 0
        ? space(text, from, to)
        : CodePoints.runOutside(text, at, to, LETTER_NUMBER_SPACE);
  }

  /**
   * The pattern of cl100k and what followed it: {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|
   * [^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
   *
   * @param digits the most digits in a word
   * @param marks whether {@code \p{M}} counts as a letter inside words
   */
  static WordScanner cl100k(int digits, boolean marks) {
    int letters = marks ? LETTER | MARK : LETTER;
    return (text, from, to) -> {
      int contraction = contraction(text, from, to, true);
      if (contraction > from) {
        return contraction;
      }
      int start = wordStart(text, from, to, letters);
      if (start >= 0) {
        return CodePoints.run(text, start, to, letters);
      }
      return rest(text, from, to, digits, letters, false);
    };
  }

  /**
   * The pattern of o200k: words are cut where a capital follows a small letter: {@code
   * [^\r\n\p{L}\p{N}]?U*L+C?|[^\r\n\p{L}\p{N}]?U+L*C?|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|
   * \s*[\r\n]+|\s+(?!\S)|\s+} with {@link CodePoints#UPPER} for U, {@link CodePoints#LOWER} for L
   * and, where {@code contractions}, {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)} for C.
   */
  static WordScanner o200k(int digits, boolean contractions) {
    return (text, from, to) -> {
      int end = casedWord(text, from, to);
      if (end > from) {
        return contractions ? contraction(text, end, to, true) : end;
      }
      return rest(text, from, to, digits, LETTER, true);
    };
  }

  /** {@code [^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*}; {@code from} if it does not match. */
  private static int casedWord(byte[] text, int from, int to) {
    int start = wordStart(text, from, to, UPPER | LOWER);
    if (start < 0) {
      return from;
    }
    int end = smallTail(text, start, to);
    if (end < 0 && start > from && (CodePoints.at(text, from) & MARK) != 0) {
      end = smallTail(text, from, to); // the mark in front is a word of its own
    }
    return end >= 0 ? end : CodePoints.run(text, start, to, UPPER);
  }

  /** {@code U*L+} as a matcher that backtracks would find it; -1 if it does not match. */
  private static int smallTail(byte[] text, int from, int to) {
    int upperEnd = CodePoints.run(text, from, to, UPPER);
    int end = CodePoints.run(text, upperEnd, to, LOWER);
    if (end > upperEnd) {
      return end;
    }
    for (int at = upperEnd; at > from; ) {
      at = Utf8.previous(text, at);
      if ((CodePoints.at(text, at) & LOWER) != 0) {
        return Utf8.next(text, at);
      }
    }
    return -1;
  }

  /** Where the letters of {@code [^\r\n\p{L}\p{N}]?[letters]+} start; -1 if it does not match. */
  private static int wordStart(byte[] text, int from, int to, int letters) {
    int classes = CodePoints.at(text, from);
    if ((classes & (NEWLINE | LETTER | NUMBER)) == 0) {
      int second = Utf8.next(text, from);
      if (second < to && (CodePoints.at(text, second) & letters) != 0) {
        return second;
      }
    }
    return (classes & letters) != 0 ? from : -1;
  }

  /** Numbers, other characters and white space. */
  private static int rest(byte[] text, int from, int to, int digits, int letters, boolean slashes) {
    if ((CodePoints.at(text, from) & NUMBER) != 0) {
      int end = from;
      for (int n = 0; n < digits && end < to && (CodePoints.at(text, end) & NUMBER) != 0; n++) {
        end = Utf8.next(text, end);
      }
      return end;
    }
    int at = text[from] == ' ' && from + 1 < to ? from + 1 : from;
    int end = CodePoints.runOutside(text, at, to, letters | NUMBER | SPACE);
    if (end > at) {
      while (end < to
          && (text[end] == '\n' || text[end] == '\r' || (slashes && text[end] == '/'))) {
        end++;
      }
      return end;
    }
    return newlines(text, from, to);
  }

  /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}. */
  static int newlines(byte[] text, int from, int to) {
    int end = CodePoints.run(text, from, to, SPACE);
    for (int at = end; at > from; at--) {
      if (text[at - 1] == '\n' || text[at - 1] == '\r') {
        return at;
      }
    }
    return leaveLast(text, from, end, to);
  }

  /** {@code \s+(?!\S)|\s+}. */
  private static int space(byte[] text, int from, int to) {
    return leaveLast(text, from, CodePoints.run(text, from, to, SPACE), to);
  }

  private static int leaveLast(byte[] text, int from, int end, int to) {
    if (end == to) {
      return end;
    }
    int last = Utf8.previous(text, end);
    return last > from ? last : end;
  }

  /** The end of {@code 's|'t|'re|'ve|'m|'ll|'d} at {@code from}; {@code from} if there is none. */
  private static int contraction(byte[] text, int from, int to, boolean anyCase) {
    if (from + 1 >= to || text[from] != '\'') {
      return from;
    }
    int first = fold(text, from + 1, anyCase);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return Utf8.next(text, from + 1);
    }
    if (from + 2 >= to) {
      return from;
    }
    int second = fold(text, from + 2, anyCase);
    boolean matches =
        (second == 'e' && (first == 'r' || first == 'v')) || (second == 'l' && first == 'l');
    return matches ? from + 3 : from;
  }

  /** Lower case of a letter as simple case folding has it: U+017F is an s. */
  private static int fold(byte[] text, int at, boolean anyCase) {
    int c = text[at];
    if (!anyCase) {
      return c;
    }
    if (c < 0) {
      return c == (byte) 0xC5 && text[at + 1] == (byte) 0xBF ? 's' : c;
    }
    return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
  }
}
