package ai.kolm.tokenizer;

import static ai.kolm.tokenizer.CodePoints.LETTER;
import static ai.kolm.tokenizer.CodePoints.MARK;
import static ai.kolm.tokenizer.CodePoints.NEWLINE;
import static ai.kolm.tokenizer.CodePoints.PUNCTUATION;
import static ai.kolm.tokenizer.CodePoints.SPACE;
import static ai.kolm.tokenizer.CodePoints.SYMBOL;

import java.util.BitSet;

/** The splitters of DeepSeek's models: each is a chain, one cutting the words of the one before. */
final class DeepSeekPatterns {
  /** Letters with two cases, as Unicode had them then. */
  private static final WordScanner CASED_LETTERS =
      WordRuns.of(
          set(
                  "41-5a 61-7a b5 c0-d6 d8-f6 f8-1ba 1bc-1bf 1c4-293 295-2af 370-373 376 377"
                      + " 37b-37d 37f 386 388-38a 38c 38e-3a1 3a3-3f5 3f7-481 48a-52f 531-556"
                      + " 10a0-10c5 13a0-13f5 13f8-13fd 1c90-1cba 1cbd-1cbf 1d00-1d2b 1d6b-1d77"
                      + " 1d79-1d9a 1e00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b"
                      + " 1f5d 1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 1fc6-1fcc 1fd0-1fd3"
                      + " 1fd6-1fdb 1fe0-1fec 1ff2-1ff4 1ff6-1ffc 2102 2107 210a-2113 2115"
                      + " 2119-211d 2124 2126 2128 212a-212d 212f-2134 2139 213c-213f 2145-2149"
                      + " 214e 2183 2184 2c00-2c7b 2c7e-2ce4 2ceb-2cee 2cf2 2cf3 a640-a66d"
                      + " a680-a69b a722-a76f a771-a787 a78b-a78e ab70-abbf fb00-fb06 fb13-fb17"
                      + " ff21-ff3a ff41-ff5a 10400-1044f 104b0-104d3 104d8-104fb 10c80-10cb2"
                      + " 10cc0-10cf2 118a0-118df 1e900-1e943")
              ::get,
          true);

  /** Punctuation of ASCII and Chinese text. */
  static final WordScanner MARKS_OF_PUNCTUATION =
      WordRuns.of(set("21-2f 3a-7e ff01-ff0f ff1a-ff5e 2018-201f 3000-3002")::get, true);

  /** Chinese, and all else between U+0800 and U+D7FF that is written without cases. */
  static final WordScanner ASIAN = WordRuns.of(set("4e00-9fa5 800-4e00 ac00-d7ff")::get, false);

  /** Chinese and Japanese. */
  static final WordScanner IDEOGRAPHS_AND_KANA =
      WordRuns.of(set("4e00-9fa5 3040-309f 30a0-30ff")::get, false);

  /** DeepSeek LLM. */
  static final Splitter LLM =
      WordRuns.EACH_NEWLINE
          .then(CASED_LETTERS)
          .then(MARKS_OF_PUNCTUATION)
          .then(WordRuns::trailingSpace)
          .then(ASIAN)
          .then(WordRuns.NUMBERS);

  /** DeepSeek Coder. */
  static final Splitter CODER =
      WordRuns.EACH_NEWLINE
          .then(WordRuns.LETTERS)
          .then(WordRuns.SPACED_PUNCTUATION)
          .then(ASIAN)
          .then(WordRuns.EACH_NUMBER);

  /**
   * {@code [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
   * ?[\p{P}\p{S}]+[\r\n]*| \s*[\r\n]+|\s+(?!\S)|\s+}; what it does not match is a word up to where
   * it matches again.
   */
  static final WordScanner V3_WORDS = DeepSeekPatterns::word;

  /** DeepSeek-V3 and R1. */
  static final Splitter V3 = WordRuns.numbers(3).then(IDEOGRAPHS_AND_KANA).then(V3_WORDS);

  private DeepSeekPatterns() {}

  private static BitSet set(String ranges) {
    BitSet set = new BitSet();
    for (String range : ranges.split(" ", -1)) {
      int dash = range.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash), 16);
      set.set(first, Integer.parseInt(range.substring(dash + 1), 16) + 1);
    }
    return set;
  }

  private static int word(byte[] text, int from, int to) {
    for (int at = from; at < to; at = Utf8.next(text, at)) {
      int end = match(text, at, to);
      if (end > at) {
        return at > from ? at : end;
      }
    }
    return to;
  }

  private static int match(byte[] text, int from, int to) {
    if (isAsciiPunctuation(text[from]) && from + 1 < to && isAsciiLetter(text[from + 1])) {
      int end = from + 1;
      while (end < to && isAsciiLetter(text[end])) {
        end++;
      }
      return end;
    }
    int classes = CodePoints.at(text, from);
    if ((classes & (NEWLINE | LETTER | PUNCTUATION | SYMBOL)) == 0) {
      int second = Utf8.next(text, from);
      int end = CodePoints.run(text, second, to, LETTER | MARK);
      if (end > second) {
        return end;
      }
    }
    if ((classes & (LETTER | MARK)) != 0) {
      return CodePoints.run(text, from, to, LETTER | MARK);
    }
    int at = text[from] == ' ' ? from + 1 : from;
    int end = CodePoints.run(text, at, to, PUNCTUATION | SYMBOL);
    if (end > at) {
      return CodePoints.run(text, end, to, NEWLINE);
    }
    return (classes & SPACE) != 0 ? WordPatterns.newlines(text, from, to) : from;
  }

  private static boolean isAsciiPunctuation(byte b) {
    return b > ' ' && b < 127 && !Character.isLetterOrDigit(b);
  }

  private static boolean isAsciiLetter(byte b) {
    return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
  }
}
