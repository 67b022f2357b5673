package ai.kolm.grammar.regex;

import org.jspecify.annotations.Nullable;

/** The parts of a regular expression that stand for one character of a set. */
final class PatternClassParser {
  private final PatternParser parser;
  private final PatternParser.Flags flags;

  PatternClassParser(PatternParser parser, PatternParser.Flags flags) {
    this.parser = parser;
    this.flags = flags;
  }

  /** {@code set} and, if case is ignored, the same letters in the other case. */
  int[] folded(int[] set) {
    if (!flags.ignoreCase()) {
      return set;
    }
    int[] upper = shifted(CodePoints.intersect(set, new int[] {'a', 'z'}), 'A' - 'a');
    int[] lower = shifted(CodePoints.intersect(set, new int[] {'A', 'Z'}), 'a' - 'A');
    return CodePoints.union(set, CodePoints.union(upper, lower));
  }

  private static int[] shifted(int[] set, int by) {
    int[] result = set.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] += by;
    }
    return result;
  }

  /** What stands between brackets, behind the opening one. */
  int[] bracket() {
    boolean negated = parser.skip('^');
    int[] set = CodePoints.NONE;
    while (!parser.skip(']')) {
      int[] low = member();
      int start = parser.position();
      if (!parser.skip('-')) {
        set = CodePoints.union(set, low);
        continue;
      }
      if (parser.atEnd()) {
        throw parser.invalid("missing \"]\"");
      }
      if (parser.peek() == ']') {
        parser.back(start);
        set = CodePoints.union(set, low);
        parser.take();
        set = CodePoints.union(set, CodePoints.of('-', '-'));
        continue;
      }
      int[] high = member();
      set = CodePoints.union(set, range(low, high));
    }
    return negated ? CodePoints.complement(folded(set)) : folded(set);
  }

  private int[] range(int[] low, int[] high) {
    boolean single = isOne(low) && isOne(high);
    if (!single) {
      // As without the u flag: a class beside "-" makes the "-" a member.
      return CodePoints.union(CodePoints.union(low, high), CodePoints.of('-', '-'));
    }
    if (high[0] < low[0]) {
      throw parser.invalid("range out of order");
    }
    return CodePoints.of(low[0], high[0]);
  }

  private static boolean isOne(int[] set) {
    return set.length == 2 && set[0] == set[1];
  }

  private int[] member() {
    int codePoint = parser.take();
    return codePoint == '\\' ? escape(true) : CodePoints.of(codePoint, codePoint);
  }

  /** What stands behind a backslash. */
  int[] escape(boolean inBracket) {
    int letter = parser.take();
    int[] known = CharacterEscapes.ofLetter(letter);
    if (known != null) {
      return known;
    }
    if (letter == 'p' || letter == 'P') {
      int[] property = property();
      return letter == 'p' ? property : CodePoints.complement(property);
    }
    int codePoint = character(letter, inBracket);
    int[] set = CodePoints.of(codePoint, codePoint);
    return inBracket ? set : folded(set);
  }

  private int character(int letter, boolean inBracket) {
    return switch (letter) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 0x0B;
      case 'f' -> '\f';
      case '0' -> 0;
      case 'x' -> hex(2);
      case 'u' -> unicode();
      case 'c' -> parser.take() & 31;
      case 'b' -> {
        if (!inBracket) {
          throw parser.unsupported("a word boundary");
        }
        yield '\b';
      }
      case 'B' -> throw parser.unsupported("a word boundary");
      case 'k' -> throw parser.unsupported("a back reference");
      default -> {
        if (letter >= '1' && letter <= '9') {
          throw parser.unsupported("a back reference");
        }
        if (Character.isLetterOrDigit(letter)) {
          throw parser.unsupported("the escape \\" + Character.toString(letter));
        }
        yield letter;
      }
    };
  }

  private int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(parser.take(), 16);
      if (digit < 0) {
        throw parser.invalid("hexadecimal digit expected");
      }
      value = value * 16 + digit;
    }
    return value;
  }

  private int unicode() {
    if (parser.skip('{')) {
      int value = 0;
      while (!parser.skip('}')) {
        value = value * 16 + hex(1);
        if (value > CodePoints.MAX) {
          throw parser.invalid("no such character");
        }
      }
      return value;
    }
    int value = hex(4);
    if (!Character.isHighSurrogate((char) value)) {
      return value;
    }
    int start = parser.position();
    if (parser.skip('\\') && parser.skip('u')) {
      int low = hex(4);
      if (Character.isLowSurrogate((char) low)) {
        return Character.toCodePoint((char) value, (char) low);
      }
    }
    parser.back(start);
    return value;
  }

  private int[] property() {
    if (!parser.skip('{')) {
      throw parser.invalid("\"{\" expected behind \\p");
    }
    StringBuilder name = new StringBuilder();
    while (!parser.skip('}')) {
      name.appendCodePoint(parser.take());
    }
    int @Nullable [] set = CharacterEscapes.property(name.toString());
    if (set == null) {
      throw parser.unsupported("the property \\p{" + name + "}");
    }
    return set;
  }
}
