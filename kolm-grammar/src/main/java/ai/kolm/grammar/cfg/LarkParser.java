package ai.kolm.grammar.cfg;

import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.PatternParser;
import ai.kolm.grammar.regex.PatternParser.Flags;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads grammars in the notation of Lark: rules in lower case, terminals in upper case, {@code
 * "text"i}, {@code /regex/flags}, {@code "a".."z"}, {@code | ( ) [ ] ? * + ~n..m}, {@code %ignore},
 * {@code %import common.X}. The rule {@code start} is the whole answer.
 *
 * <p>There is no separate lexer here: a terminal matches wherever its expression does, not only the
 * longest text. Templates, {@code %declare} and {@code %override} are refused.
 */
public final class LarkParser {
  private static final String IGNORED = "%ignored";

  private final Source source;
  private final ContextFree grammar;
  private final int maxDepth;
  private final List<Expression> ignored = new ArrayList<>();
  private final Set<String> imported = new HashSet<>();

  /** Whether a terminal is being defined: inside of one nothing is ignored. */
  private boolean inTerminal;

  private LarkParser(String text, int maxDepth, ContextFree grammar) {
    this.source = new Source(text, maxDepth);
    this.grammar = grammar;
    this.maxDepth = maxDepth;
  }

  /**
   * The grammar that {@code text} describes.
   *
   * @param maxDepth parentheses in parentheses that are read
   */
  public static ContextFree parse(String text, int maxDepth, RegexAlgebra algebra, Budget budget) {
    ContextFree grammar = new ContextFree(algebra, budget, "%start");
    LarkParser parser = new LarkParser(text, maxDepth, grammar);
    parser.blanks(true);
    while (!parser.source.atEnd()) {
      parser.statement();
      parser.blanks(true);
    }
    grammar.define(
        IGNORED,
        parser.ignored.isEmpty()
            ? Expression.sequence()
            : new Expression.Repeat(new Expression.Choice(parser.ignored), 0, UNBOUNDED));
    grammar.define(
        "%start", Expression.sequence(new Expression.Rule(IGNORED), new Expression.Rule("start")));
    return grammar;
  }

  private void statement() {
    if (source.skip("%ignore")) {
      blanks(false);
      inTerminal = true;
      ignored.add(choice());
    } else if (source.skip("%import")) {
      blanks(false);
      importTerminal();
    } else if (source.peek() == '%') {
      throw source.unsupported("a directive other than %ignore and %import");
    } else {
      rule();
    }
    blanks(false);
    if (!source.atEnd() && source.peek() != '\n' && source.peek() != '\r') {
      throw source.invalid("unexpected \"" + source.peek() + "\"");
    }
  }

  private void importTerminal() {
    String path = source.text.substring(source.position).split("[\\s/#]", 2)[0];
    source.position += path.length();
    String name = path.replaceFirst("^common\\.", "");
    String pattern = LarkCommon.pattern(name);
    if (!path.startsWith("common.") || pattern == null) {
      throw source.unsupported("the import of " + path);
    }
    blanks(false);
    String as = name;
    if (source.skip("->")) {
      blanks(false);
      as = name();
    }
    if (imported.add(as)) {
      int language =
          PatternParser.whole(grammar.algebra(), pattern, maxDepth, new Flags(false, true));
      grammar.define(as, new Expression.Text(language));
    }
  }

  private void rule() {
    while (source.peek() == '?' || source.peek() == '!') {
      source.position++;
    }
    String name = name();
    inTerminal = Character.isUpperCase(name.charAt(name.startsWith("_") ? 1 : 0));
    if (source.peek() == '{') {
      throw source.unsupported("templates");
    }
    if (source.skip(".")) {
      source.skip("-");
      source.number();
    }
    blanks(false);
    source.require(":");
    blanks(true);
    grammar.define(name, choice());
  }

  private String name() {
    int start = source.position;
    while (Character.isLetterOrDigit(source.peek()) || source.peek() == '_') {
      source.position++;
    }
    String name = source.text.substring(start, source.position);
    if (name.replace("_", "").isEmpty()) {
      throw source.invalid("a name expected");
    }
    return name;
  }

  private void blanks(boolean lines) {
    while (!source.atEnd()) {
      char c = source.peek();
      boolean comment = source.text.startsWith("//", source.position) || c == '#';
      if (comment) {
        while (!source.atEnd() && source.peek() != '\n') {
          source.position++;
        }
      } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
        source.position++;
      } else {
        return;
      }
    }
  }

  /** Options may stand on lines of their own that start with a bar. */
  private boolean nextOption() {
    int start = source.position;
    blanks(true);
    if (source.skip("|")) {
      blanks(true);
      return true;
    }
    source.position = start;
    return false;
  }

  private Expression choice() {
    source.deeper();
    List<Expression> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (nextOption());
    source.back();
    return options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
  }

  private Expression sequence() {
    List<Expression> items = new ArrayList<>();
    blanks(false);
    while (startsItem(source.peek())) {
      items.add(repeated(item()));
      blanks(false);
    }
    if (source.skip("->")) {
      blanks(false);
      name();
    }
    return items.size() == 1 ? items.getFirst() : new Expression.Sequence(items);
  }

  private boolean startsItem(char c) {
    boolean comment = source.text.startsWith("//", source.position);
    return !comment
        && (c == '"' || c == '/' || c == '(' || c == '[' || c == '_' || Character.isLetter(c));
  }

  private Expression item() {
    if (source.skip("(")) {
      return group(")");
    }
    if (source.skip("[")) {
      return new Expression.Repeat(group("]"), 0, 1);
    }
    if (source.skip("\"")) {
      return terminal(new Expression.Text(literal()));
    }
    if (source.skip("/")) {
      return terminal(new Expression.Text(pattern()));
    }
    String name = name();
    if (source.peek() == '{') {
      throw source.unsupported("templates");
    }
    boolean upper = Character.isUpperCase(name.charAt(name.startsWith("_") ? 1 : 0));
    Expression rule = new Expression.Rule(name);
    return upper ? terminal(rule) : rule;
  }

  private Expression terminal(Expression expression) {
    return inTerminal ? expression : Expression.sequence(expression, new Expression.Rule(IGNORED));
  }

  private Expression group(String end) {
    blanks(true);
    Expression inner = choice();
    blanks(true);
    source.require(end);
    return inner;
  }

  private int literal() {
    String text = quoted();
    if (source.skip("..")) {
      source.require("\"");
      String last = quoted();
      if (text.codePointCount(0, text.length()) != 1
          || last.codePointCount(0, last.length()) != 1) {
        throw source.invalid("a range of more than one character");
      }
      return grammar.algebra().characters(CodePoints.of(text.codePointAt(0), last.codePointAt(0)));
    }
    if (!source.skip("i")) {
      return grammar.algebra().literal(text);
    }
    StringBuilder escaped = new StringBuilder();
    text.codePoints().forEach(c -> escaped.append("\\u{%x}".formatted(c)));
    return PatternParser.whole(
        grammar.algebra(), escaped.toString(), maxDepth, new Flags(true, false));
  }

  private String quoted() {
    StringBuilder text = new StringBuilder();
    while (!source.skip("\"")) {
      int c = source.take();
      text.appendCodePoint(c == '\\' ? source.escape() : c);
    }
    return text.toString();
  }

  private int pattern() {
    StringBuilder pattern = new StringBuilder();
    while (!source.skip("/")) {
      int c = source.take();
      if (c == '\\') {
        int next = source.take();
        pattern.append(next == '/' ? "" : "\\").appendCodePoint(next);
      } else {
        pattern.appendCodePoint(c);
      }
    }
    boolean ignoreCase = false;
    boolean dotAll = false;
    while (Character.isLetter(source.peek())) {
      int flag = source.take();
      ignoreCase |= flag == 'i';
      dotAll |= flag == 's';
      if (flag != 'i' && flag != 's' && flag != 'u') {
        throw source.unsupported("the flag " + Character.toString(flag));
      }
    }
    return PatternParser.whole(
        grammar.algebra(), pattern.toString(), maxDepth, new Flags(ignoreCase, dotAll));
  }

  private Expression repeated(Expression item) {
    Expression result = item;
    while (true) {
      if (source.skip("*")) {
        result = new Expression.Repeat(result, 0, UNBOUNDED);
      } else if (source.skip("+")) {
        result = new Expression.Repeat(result, 1, UNBOUNDED);
      } else if (source.skip("?")) {
        result = new Expression.Repeat(result, 0, 1);
      } else if (source.skip("~")) {
        result = counted(result);
      } else {
        return result;
      }
    }
  }

  private Expression counted(Expression inner) {
    blanks(false);
    int min = source.number();
    int max = source.skip("..") ? source.number() : min;
    if (max < min) {
      throw source.invalid("bounds out of order");
    }
    return new Expression.Repeat(inner, min, max);
  }
}
