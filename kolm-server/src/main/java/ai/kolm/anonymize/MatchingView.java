package ai.kolm.anonymize;

import java.text.Normalizer;
import java.util.Arrays;

/**
 * A text as detectors see it: compatibility characters folded (NFKC), characters without width
 * removed, digits of all scripts and letters that only look like digits as ASCII digits. Positions
 * lead back to the text itself, so that what is found in the view is replaced there.
 */
final class MatchingView {
  private static final int ASCII = 0x80;
  private static final int INITIAL = 64;

  private final String original;
  private char[] chars;
  private int[] origin;
  private int length;

  /** Folds {@code original}, character by character. */
  MatchingView(String original) {
    this.original = original;
    chars = new char[original.length() + 1];
    origin = new int[original.length() + 1];
    for (int i = 0; i < original.length(); ) {
      int codePoint = original.codePointAt(i);
      int next = i + Character.charCount(codePoint);
      if (codePoint < ASCII) {
        add((char) codePoint, i);
      } else if (Character.isDigit(codePoint)) {
        add((char) ('0' + Character.digit(codePoint, 10)), i);
      } else if (!hasNoWidth(codePoint)) {
        fold(codePoint, i);
      }
      i = next;
    }
    ensure(1);
    origin[length] = original.length();
  }

  private static boolean hasNoWidth(int codePoint) {
    return Character.getType(codePoint) == Character.FORMAT || codePoint == 0x034F;
  }

  private void fold(int codePoint, int at) {
    String folded =
        switch (Character.getType(codePoint)) {
          case Character.SPACE_SEPARATOR -> " ";
          case Character.DASH_PUNCTUATION -> "-";
          default -> Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKC);
        };
    for (int i = 0; i < folded.length(); i++) {
      char c = folded.charAt(i);
      add(c == '\u2019' || c == '\u2018' ? '\'' : c, at);
    }
  }

  private void add(char c, int at) {
    ensure(2);
    chars[length] = c;
    origin[length] = at;
    length++;
  }

  private void ensure(int more) {
    if (length + more > origin.length) {
      int size = Math.max(INITIAL, 2 * origin.length);
      chars = Arrays.copyOf(chars, size);
      origin = Arrays.copyOf(origin, size);
    }
  }

  /** The text itself. */
  String original() {
    return original;
  }

  int length() {
    return length;
  }

  char at(int index) {
    return chars[index];
  }

  /** Whether {@code text} stands at a position. */
  boolean startsWith(int at, String text) {
    if (at + text.length() > length) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (chars[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** A piece of the view. */
  String text(int start, int end) {
    return new String(chars, start, end - start);
  }

  /** Where in the text a position of the view is. */
  int origin(int index) {
    return origin[index];
  }

  /** Where in the text what ends before {@code index} of the view ends. */
  int originEnd(int index) {
    if (index == 0) {
      return 0;
    }
    int last = origin[index - 1];
    return last + Character.charCount(original.codePointAt(last));
  }
}
