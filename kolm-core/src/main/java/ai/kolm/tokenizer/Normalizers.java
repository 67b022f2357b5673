package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.text.Normalizer.Form;
import java.util.Arrays;

/** The ways of rewriting text that published tokenizers use. */
final class Normalizers {
  /** Changes nothing. */
  static final Normalizer NONE = (text, first) -> text;

  /** The character that stands for a space in SentencePiece vocabularies, U+2581. */
  static final String SPACE_MARK = "\u2581";

  private static final byte[] SPACE = {' '};
  private static final byte[] MARK = SPACE_MARK.getBytes(UTF_8);

  private Normalizers() {}

  /**
   * A normalization form of Unicode (annex 15). Only stretches that can change are handed to the
   * JDK: each with the character before it, up to the next ASCII character, because no character
   * that follows can take part.
   */
  static Normalizer form(Form form) {
    // Below U+0300 everything is in NFC; ASCII is in every form.
    int lowest = form == Form.NFC ? 0xCC : 0x80;
    return (text, _) -> {
      byte[] bytes = text.bytes();
      int at = changing(bytes, text.from(), text.to(), lowest);
      if (at == text.to()) {
        return text;
      }
      ByteBuilder changed = new ByteBuilder(text.length() + text.length() / 4);
      int done = text.from();
      while (at < text.to()) {
        int start = at > done ? Utf8.previous(bytes, at) : at;
        int end = at;
        while (end < text.to() && bytes[end] < 0) {
          end++;
        }
        String stretch = new String(bytes, start, end - start, UTF_8);
        changed.append(bytes, done, start);
        changed.append(java.text.Normalizer.normalize(stretch, form).getBytes(UTF_8));
        done = end;
        at = changing(bytes, done, text.to(), lowest);
      }
      return text(changed.append(bytes, done, text.to()));
    };
  }

  /** The first byte of a character that can change. */
  private static int changing(byte[] bytes, int from, int to, int lowest) {
    int at = from;
    while (at < to && (bytes[at] & 0xFF) < lowest) {
      at++;
    }
    return at;
  }

  /** Spaces become {@link #SPACE_MARK}. */
  static Normalizer markSpaces() {
    return replace(SPACE, MARK);
  }

  /** Every {@code pattern}, from the left, becomes {@code content}. */
  static Normalizer replace(byte[] pattern, byte[] content) {
    return (text, _) -> {
      int at = indexOf(text.bytes(), pattern, text.from(), text.to());
      if (at < 0) {
        return text;
      }
      ByteBuilder changed = new ByteBuilder(text.length() + text.length() / 4);
      int done = text.from();
      while (at >= 0) {
        changed.append(text.bytes(), done, at).append(content);
        done = at + pattern.length;
        at = indexOf(text.bytes(), pattern, done, text.to());
      }
      return text(changed.append(text.bytes(), done, text.to()));
    };
  }

  private static int indexOf(byte[] text, byte[] pattern, int from, int to) {
    for (int at = from; at <= to - pattern.length; at++) {
      if (text[at] == pattern[0]
          && Arrays.equals(text, at, at + pattern.length, pattern, 0, pattern.length)) {
        return at;
      }
    }
    return -1;
  }

  /** When something is put in front of a fragment. */
  enum Prepend {
    /** In front of each. */
    ALWAYS,
    /** In front of each that does not start with it. */
    IF_MISSING,
    /** In front of the start of the input, if that does not start with it. */
    FIRST_IF_MISSING,
    /** Never. */
    NEVER
  }

  /** Puts {@code prefix} in front. */
  static Normalizer prepend(byte[] prefix, Prepend when) {
    return (text, first) -> {
      boolean wanted =
          switch (when) {
            case ALWAYS -> true;
            case IF_MISSING -> !startsWith(text, prefix);
            case FIRST_IF_MISSING -> first && !startsWith(text, prefix);
            case NEVER -> false;
          };
      return wanted
          ? text(
              new ByteBuilder(prefix.length + text.length())
                  .append(prefix)
                  .append(text.bytes(), text.from(), text.to()))
          : text;
    };
  }

  private static boolean startsWith(Normalizer.Text text, byte[] prefix) {
    return text.length() >= prefix.length
        && Arrays.equals(
            text.bytes(), text.from(), text.from() + prefix.length, prefix, 0, prefix.length);
  }

  /** Drops white space at the ends. */
  static Normalizer strip(boolean left, boolean right) {
    return (text, _) -> {
      int from = text.from();
      int to = text.to();
      while (left && from < to && (CodePoints.at(text.bytes(), from) & CodePoints.SPACE) != 0) {
        from = Utf8.next(text.bytes(), from);
      }
      while (right && from < to) {
        int last = Utf8.previous(text.bytes(), to);
        if ((CodePoints.at(text.bytes(), last) & CodePoints.SPACE) == 0) {
          break;
        }
        to = last;
      }
      return new Normalizer.Text(text.bytes(), from, to);
    };
  }

  /** Two or more spaces become one {@code content}. */
  static Normalizer collapseSpaces(byte[] content) {
    return (text, _) -> {
      ByteBuilder changed = new ByteBuilder(text.length());
      byte[] bytes = text.bytes();
      for (int at = text.from(); at < text.to(); ) {
        int end = at;
        while (end < text.to() && bytes[end] == ' ') {
          end++;
        }
        if (end - at >= 2) {
          changed.append(content);
          at = end;
        } else {
          changed.append(bytes[at++]);
        }
      }
      return text(changed);
    };
  }

  /** Lower case of each character on its own, as the Unicode data has it without context. */
  static Normalizer lowercase() {
    return byCodePoint(
        (codePoint, out) -> {
          if (codePoint == 0x130) { // the one whose lower case is two
            out.appendCodePoint('i').appendCodePoint(0x307);
          } else {
            out.appendCodePoint(Character.toLowerCase(codePoint));
          }
        });
  }

  /** Drops combining marks ({@code \p{Mn}}). */
  static Normalizer stripAccents() {
    return byCodePoint(
        (codePoint, out) -> {
          if (Character.getType(codePoint) != Character.NON_SPACING_MARK) {
            out.appendCodePoint(codePoint);
          }
        });
  }

  /** What one code point becomes. */
  interface Rewriting {
    /** Appends it to {@code out}. */
    void rewrite(int codePoint, StringBuilder out);
  }

  /** Rewrites each code point on its own. */
  static Normalizer byCodePoint(Rewriting rewriting) {
    byte[][] ascii = new byte[128][];
    for (int c = 0; c < ascii.length; c++) {
      ascii[c] = rewritten(rewriting, c);
    }
    return (text, _) -> {
      ByteBuilder out = new ByteBuilder(text.length() + 16);
      byte[] bytes = text.bytes();
      for (int at = text.from(); at < text.to(); at = Utf8.next(bytes, at)) {
        int first = bytes[at];
        byte[] result = first >= 0 ? ascii[first] : rewritten(rewriting, Utf8.codePoint(bytes, at));
        if (result.length == 1) {
          out.append(result[0]);
        } else {
          out.append(result);
        }
      }
      return text(out);
    };
  }

  private static byte[] rewritten(Rewriting rewriting, int codePoint) {
    StringBuilder out = new StringBuilder();
    rewriting.rewrite(codePoint, out);
    return out.toString().getBytes(UTF_8);
  }

  static String string(Normalizer.Text text) {
    return new String(text.bytes(), text.from(), text.length(), UTF_8);
  }

  private static Normalizer.Text text(ByteBuilder bytes) {
    return new Normalizer.Text(bytes.array(), 0, bytes.size());
  }
}
