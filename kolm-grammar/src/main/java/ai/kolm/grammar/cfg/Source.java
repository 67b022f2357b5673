package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;

/** The text of a grammar being read, and the small things that its dialects share. */
final class Source {
  final String text;
  private final int maxDepth;
  int position;
  private int depth;

  Source(String text, int maxDepth) {
    this.text = text;
    this.maxDepth = maxDepth;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  /** The character that comes next; 0 at the end. */
  char peek() {
    return atEnd() ? 0 : text.charAt(position);
  }

  int take() {
    if (atEnd()) {
      throw invalid("unexpected end");
    }
    int codePoint = text.codePointAt(position);
    position += Character.charCount(codePoint);
    return codePoint;
  }

  boolean skip(String expected) {
    boolean found = text.startsWith(expected, position);
    position += found ? expected.length() : 0;
    return found;
  }

  void require(String expected) {
    if (!skip(expected)) {
      throw invalid("\"" + expected + "\" expected");
    }
  }

  void deeper() {
    if (++depth > maxDepth) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "depth", where(), "grammar nested deeper than " + maxDepth);
    }
  }

  void back() {
    depth--;
  }

  int number() {
    long value = -1;
    while (peek() >= '0' && peek() <= '9') {
      value = Math.min(Integer.MAX_VALUE - 1, Math.max(0, value) * 10 + (take() - '0'));
    }
    if (value < 0) {
      throw invalid("a number expected");
    }
    return (int) value;
  }

  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(take(), 16);
      if (digit < 0) {
        throw invalid("hexadecimal digit expected");
      }
      value = value << 4 | digit;
    }
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw invalid("no such character");
    }
    return value;
  }

  /** What stands behind a backslash in a literal. */
  int escape() {
    int letter = take();
    return switch (letter) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case 'b' -> '\b';
      case '0' -> 0;
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      default -> {
        if (letter > 0x7F || Character.isLetterOrDigit(letter)) {
          throw invalid("unknown escape");
        }
        yield letter;
      }
    };
  }

  private String where() {
    int line = 1;
    for (int i = 0; i < Math.min(position, text.length()); i++) {
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    return "line " + line;
  }

  GrammarException invalid(String what) {
    return new GrammarException(Code.INVALID, "grammar", where(), "invalid grammar: " + what);
  }

  GrammarException unsupported(String what) {
    return new GrammarException(
        Code.UNSUPPORTED, what, where(), "grammar with " + what + " is not supported");
  }
}
