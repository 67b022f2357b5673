package ai.kolm.tokenizer;

import java.text.Normalizer.Form;

/** What BERT does to text before it is split, in this order: clean, space out, strip, lower. */
final class BertNormalizer {
  private BertNormalizer() {}

  /**
   * @param clean removes control characters, and makes white space spaces
   * @param chinese puts spaces around Chinese characters
   * @param stripAccents decomposes, and drops accents
   * @param lowercase makes lower case
   */
  static Normalizer of(boolean clean, boolean chinese, boolean stripAccents, boolean lowercase) {
    Normalizer normalizer = Normalizers.NONE;
    if (clean) {
      normalizer = normalizer.then(Normalizers.byCodePoint(BertNormalizer::clean));
    }
    if (chinese) {
      normalizer = normalizer.then(Normalizers.byCodePoint(BertNormalizer::spaceOut));
    }
    if (stripAccents) {
      normalizer =
          normalizer
              .then(Normalizers.form(Form.NFD))
              .then(Normalizers.byCodePoint(BertNormalizer::strip));
    }
    return lowercase ? normalizer.then(Normalizers.lowercase()) : normalizer;
  }

  private static void clean(int codePoint, StringBuilder out) {
    if (!BertCharacters.isRemoved(codePoint)) {
      out.appendCodePoint(CodePoints.isSpace(codePoint) ? ' ' : codePoint);
    }
  }

  private static void spaceOut(int codePoint, StringBuilder out) {
    if (BertCharacters.isChinese(codePoint)) {
      out.append(' ').appendCodePoint(codePoint).append(' ');
    } else {
      out.appendCodePoint(codePoint);
    }
  }

  private static void strip(int codePoint, StringBuilder out) {
    if (!BertCharacters.isAccent(codePoint)) {
      out.appendCodePoint(codePoint);
    }
  }

  /** Words between white space; each punctuation character is one. */
  static void split(byte[] text, int from, int to, Splitter.Words words) {
    int start = from;
    for (int at = from; at < to; ) {
      int next = Utf8.next(text, at);
      int codePoint = Utf8.codePoint(text, at);
      boolean space = CodePoints.isSpace(codePoint);
      boolean single = !space && BertCharacters.isPunctuation(codePoint);
      if (space || single) {
        if (start < at) {
          words.word(text, start, at);
        }
        if (single) {
          words.word(text, at, next);
        }
        start = next;
      }
      at = next;
    }
    if (start < to) {
      words.word(text, start, to);
    }
  }
}
