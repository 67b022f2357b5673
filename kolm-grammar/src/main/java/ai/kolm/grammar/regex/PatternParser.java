package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the regular expressions of ECMA-262 (section 22.2), the dialect of JSON Schema, as with the
 * {@code u} flag, but lenient about needless escapes of punctuation. Back references, look-behind,
 * word boundaries and inline flags are refused by name.
 */
public final class PatternParser {
  /** How an expression is read. */
  public record Flags(boolean ignoreCase, boolean dotMatchesAll) {
    /** ECMA-262 without flags. */
    public static final Flags NONE = new Flags(false, false);
  }

  private final String text;
  private final int maxDepth;
  private final Flags flags;
  private final PatternClassParser classes;
  private int position;
  private int depth;

  private PatternParser(String text, int maxDepth, Flags flags) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.flags = flags;
    this.classes = new PatternClassParser(this, flags);
  }

  /**
   * The texts in which {@code pattern} is found anywhere: the meaning of {@code pattern} in JSON
   * Schema.
   *
   * @param maxDepth groups in groups that are read
   */
  public static int found(RegexAlgebra algebra, String pattern, int maxDepth) {
    return new PatternCompiler(algebra).found(parse(pattern, maxDepth, Flags.NONE));
  }

  /**
   * The texts that {@code pattern} matches from end to end.
   *
   * @param maxDepth groups in groups that are read
   */
  public static int whole(RegexAlgebra algebra, String pattern, int maxDepth, Flags flags) {
    return new PatternCompiler(algebra).whole(parse(pattern, maxDepth, flags));
  }

  static Pattern parse(String pattern, int maxDepth, Flags flags) {
    PatternParser parser = new PatternParser(pattern, maxDepth, flags);
    Pattern result = parser.choice();
    if (parser.position < pattern.length()) {
      throw parser.invalid("unexpected \")\"");
    }
    return result;
  }

  private Pattern choice() {
    if (++depth > maxDepth) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "depth", where(), "regular expression nested deeper than " + maxDepth);
    }
    List<Pattern> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (skip('|'));
    depth--;
    return options.size() == 1 ? options.getFirst() : new Pattern.Choice(options);
  }

  private Pattern sequence() {
    List<Pattern> parts = new ArrayList<>();
    while (position < text.length() && peek() != '|' && peek() != ')') {
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Pattern.Sequence(parts);
  }

  private Pattern atom() {
    int codePoint = take();
    return switch (codePoint) {
      case '^' -> new Pattern.Start();
      case '$' -> new Pattern.End();
      case '.' ->
          new Pattern.Characters(flags.dotMatchesAll() ? CodePoints.ALL : CharacterEscapes.DOT);
      case '(' -> group();
      case '[' -> new Pattern.Characters(classes.bracket());
      case '\\' -> new Pattern.Characters(classes.escape(false));
      case '*', '+', '?' -> throw invalid("nothing to repeat");
      case '{' -> {
        position--;
        if (bounds() != null) {
          throw invalid("nothing to repeat");
        }
        position++;
        yield single('{');
      }
      default -> single(codePoint);
    };
  }

  private Pattern single(int codePoint) {
    return new Pattern.Characters(classes.folded(CodePoints.of(codePoint, codePoint)));
  }

  private Pattern group() {
    boolean look = false;
    boolean negative = false;
    if (skip('?')) {
      if (skip('=')) {
        look = true;
      } else if (skip('!')) {
        look = true;
        negative = true;
      } else if (skip('<')) {
        if (position < text.length() && (peek() == '=' || peek() == '!')) {
          throw unsupported("look-behind");
        }
        groupName();
      } else if (!skip(':')) {
        throw unsupported("inline flags");
      }
    }
    Pattern inner = choice();
    if (!skip(')')) {
      throw invalid("missing \")\"");
    }
    return look ? new Pattern.LookAhead(inner, negative) : inner;
  }

  private void groupName() {
    int end = text.indexOf('>', position);
    if (end <= position) {
      throw invalid("unfinished group name");
    }
    position = end + 1;
  }

  @SuppressWarnings("ReferenceEquality") // whether anything has been repeated
  private Pattern quantified(Pattern atom) {
    Pattern result = atom;
    while (position < text.length()) {
      int[] bounds = quantifier();
      if (bounds == null) {
        return result;
      }
      if (result != atom) {
        throw invalid("nothing to repeat");
      }
      skip('?');
      result = new Pattern.Repeat(atom, bounds[0], bounds[1]);
    }
    return result;
  }

  private int @Nullable [] quantifier() {
    int[] bounds =
        switch (peek()) {
          case '*' -> new int[] {0, UNBOUNDED};
          case '+' -> new int[] {1, UNBOUNDED};
          case '?' -> new int[] {0, 1};
          case '{' -> null;
          default -> new int[0];
        };
    if (bounds == null) {
      return bounds();
    }
    if (bounds.length == 0) {
      return null;
    }
    position++;
    return bounds;
  }

  /** Reads <code>{n}</code>, <code>{n,}</code> or <code>{n,m}</code>; nothing if it is not one. */
  private int @Nullable [] bounds() {
    int start = position++;
    int min = number();
    int max = min;
    if (skip(',')) {
      max = position < text.length() && peek() == '}' ? UNBOUNDED : number();
    }
    if (min < 0 || max < 0 || !skip('}')) {
      position = start;
      return null;
    }
    if (max < min) {
      throw invalid("bounds out of order");
    }
    return new int[] {min, max};
  }

  private int number() {
    long value = -1;
    while (position < text.length() && peek() >= '0' && peek() <= '9') {
      value = Math.max(0, value) * 10 + (take() - '0');
      value = Math.min(value, UNBOUNDED - 1);
    }
    return (int) value;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  int peek() {
    return text.codePointAt(position);
  }

  int take() {
    if (atEnd()) {
      throw invalid("unexpected end");
    }
    int codePoint = text.codePointAt(position);
    position += Character.charCount(codePoint);
    return codePoint;
  }

  boolean skip(int codePoint) {
    boolean found = !atEnd() && peek() == codePoint;
    position += found ? 1 : 0;
    return found;
  }

  int position() {
    return position;
  }

  void back(int to) {
    position = to;
  }

  private String where() {
    return "character " + position;
  }

  GrammarException invalid(String what) {
    return new GrammarException(
        Code.INVALID, "pattern", where(), "invalid regular expression: " + what);
  }

  GrammarException unsupported(String what) {
    return new GrammarException(
        Code.UNSUPPORTED, what, where(), "regular expression with " + what + " is not supported");
  }
}
