package ai.kolm.tokenizer;

import static ai.kolm.tokenizer.CodePoints.LETTER;
import static ai.kolm.tokenizer.CodePoints.MARK;
import static ai.kolm.tokenizer.CodePoints.NEWLINE;
import static ai.kolm.tokenizer.CodePoints.NUMBER;
import static ai.kolm.tokenizer.CodePoints.SPACE;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** Splitters that cut out runs of some characters and leave what lies between them whole. */
final class WordRuns {
  private static final int MANY = Integer.MAX_VALUE;

  /** One word. */
  static final Splitter WHOLE = (text, from, to, words) -> words.word(text, from, to);

  /** {@code \p{N}}: each number character is a word. */
  static final WordScanner EACH_NUMBER = numbers(1);

  /** {@code \p{N}+}. */
  static final WordScanner NUMBERS = numbers(MANY);

  /** {@code [0-9][0-9][0-9]}. */
  static final WordScanner THREE_DIGITS = new Runs(c -> c >= '0' && c <= '9', 3, 3, false);

  /** Each punctuation character, as BERT has them. */
  static final WordScanner EACH_PUNCTUATION = new Runs(WordRuns::isPunctuation, 1, 1, false);

  /** Runs of punctuation. */
  static final WordScanner PUNCTUATION = new Runs(WordRuns::isPunctuation, 1, MANY, false);

  /** {@code [\p{P}$+<=>^~|`]+}. */
  static final WordScanner ASCII_SYMBOLS_AND_PUNCTUATION =
      new Runs(
          c -> (CodePoints.of(c) & CodePoints.PUNCTUATION) != 0 || "$+<=>^~|`".indexOf(c) >= 0,
          1,
          MANY,
          false);

  /** {@code [\r\n]}. */
  static final WordScanner EACH_NEWLINE = new Runs(in(NEWLINE), 1, 1, false);

  /** {@code \s?\p{L}+}. */
  static final WordScanner LETTERS = new Runs(in(LETTER), 1, MANY, true);

  /** {@code \s?\p{P}+}. */
  static final WordScanner SPACED_PUNCTUATION = new Runs(in(CodePoints.PUNCTUATION), 1, MANY, true);

  private WordRuns() {}

  /** {@code \p{N}{1,most}}. */
  static WordScanner numbers(int most) {
    return new Runs(in(NUMBER), 1, most, false);
  }

  /** {@code [characters]+}, or {@code \s?[characters]+}. */
  static WordScanner of(IntPredicate characters, boolean spaceInFront) {
    return new Runs(characters, 1, MANY, spaceInFront);
  }

  private static IntPredicate in(int classes) {
    return codePoint -> (CodePoints.of(codePoint) & classes) != 0;
  }

  private static boolean isPunctuation(int codePoint) {
    return BertCharacters.isPunctuation(codePoint);
  }

  /** {@code \s+$}: white space at the end is a word. */
  static void trailingSpace(byte[] text, int from, int to, Splitter.Words words) {
    int end = to;
    while (end > from && (CodePoints.at(text, Utf8.previous(text, end)) & SPACE) != 0) {
      end = Utf8.previous(text, end);
    }
    if (from < end) {
      words.word(text, from, end);
    }
    if (end < to) {
      words.word(text, end, to);
    }
  }

  /** What lies between white space. */
  static void betweenSpaces(byte[] text, int from, int to, Splitter.Words words) {
    for (int at = from; at < to; ) {
      int start = CodePoints.run(text, at, to, SPACE);
      at = CodePoints.runOutside(text, start, to, SPACE);
      if (start < at) {
        words.word(text, start, at);
      }
    }
  }

  /** {@code \w+|[^\w\s]+}: runs of word characters and runs of others, without white space. */
  static void wordsAndSymbols(byte[] text, int from, int to, Splitter.Words words) {
    betweenSpaces(
        text,
        from,
        to,
        (bytes, start, end) -> {
          for (int at = start; at < end; ) {
            int run = at;
            boolean word = isWord(bytes, at);
            while (run < end && isWord(bytes, run) == word) {
              run = Utf8.next(bytes, run);
            }
            words.word(bytes, at, run);
            at = run;
          }
        });
  }

  /** {@code \w}. */
  static boolean isWord(byte[] text, int at) {
    return (CodePoints.at(text, at) & (LETTER | MARK | NUMBER)) != 0
        || Character.getType(Utf8.codePoint(text, at)) == Character.CONNECTOR_PUNCTUATION;
  }

  /** Cuts behind every occurrence of {@code pattern}. */
  static WordScanner after(byte[] pattern) {
    return (text, from, to) -> {
      for (int at = from; at <= to - pattern.length; at++) {
        if (Arrays.equals(text, at, at + pattern.length, pattern, 0, pattern.length)) {
          return at + pattern.length;
        }
      }
      return to;
    };
  }

  /**
   * {@code \s?[characters]{least,most}}, with or without the space in front; what lies between two
   * matches is a word too.
   */
  private record Runs(IntPredicate characters, int least, int most, boolean spaceInFront)
      implements WordScanner {

    @Override
    public int end(byte[] text, int from, int to) {
      for (int at = from; at < to; at = Utf8.next(text, at)) {
        int end = match(text, at, to);
        if (end > at) {
          return at > from ? at : end;
        }
      }
      return to;
    }

    /** The end of the match at {@code at}; {@code at} if there is none. */
    private int match(byte[] text, int at, int to) {
      if (spaceInFront && (CodePoints.at(text, at) & SPACE) != 0) {
        int start = Utf8.next(text, at);
        int end = run(text, start, to);
        if (end > start) {
          return end;
        }
      }
      return run(text, at, to);
    }

    private int run(byte[] text, int from, int to) {
      int at = from;
      int count = 0;
      while (count < most && at < to && characters.test(Utf8.codePoint(text, at))) {
        at = Utf8.next(text, at);
        count++;
      }
      return count < least ? from : at;
    }
  }
}
