package ai.kolm.grammar.cfg;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads GBNF, the notation of llama.cpp: {@code name ::= "text" [a-z] other ( ... ) * + ? {n,m} |},
 * with {@code #} comments. The rule {@code root} is the whole answer. Classes are of characters;
 * tokens by number or name are refused.
 */
public final class GbnfParser {
  private final Source source;
  private final ContextFree grammar;

  private GbnfParser(String text, int maxDepth, ContextFree grammar) {
    this.source = new Source(text, maxDepth);
    this.grammar = grammar;
  }

  /**
   * The grammar that {@code text} describes.
   *
   * @param maxDepth parentheses in parentheses that are read
   */
  public static ContextFree parse(String text, int maxDepth, RegexAlgebra algebra, Budget budget) {
    ContextFree grammar = new ContextFree(algebra, budget, "root");
    GbnfParser parser = new GbnfParser(text, maxDepth, grammar);
    parser.blanks(true);
    while (!parser.source.atEnd()) {
      parser.rule();
      parser.blanks(true);
    }
    return grammar;
  }

  private void rule() {
    String name = name();
    blanks(false);
    source.require("::=");
    blanks(true);
    grammar.define(name, choice(false));
  }

  private String name() {
    int start = source.position;
    while (isNamePart(source.peek())) {
      source.position++;
    }
    if (start == source.position) {
      throw source.invalid("a rule expected");
    }
    return source.text.substring(start, source.position);
  }

  private static boolean isNamePart(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  /** Skips blanks and comments; line breaks too where a rule cannot end. */
  private void blanks(boolean lines) {
    while (!source.atEnd()) {
      char c = source.peek();
      if (c == '#') {
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

  private Expression choice(boolean nested) {
    source.deeper();
    List<Expression> options = new ArrayList<>();
    options.add(sequence(nested));
    while (source.skip("|")) {
      blanks(true);
      options.add(sequence(nested));
    }
    source.back();
    return options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
  }

  private Expression sequence(boolean nested) {
    List<Expression> items = new ArrayList<>();
    while (startsItem(source.peek())) {
      Expression item = repeated(item());
      items.add(item);
      blanks(nested);
    }
    if (!nested && source.peek() == '\r') {
      source.position++;
    }
    boolean ended =
        source.atEnd()
            || source.peek() == '|'
            || (nested ? source.peek() == ')' : source.peek() == '\n');
    if (!ended) {
      throw source.invalid("unexpected \"" + source.peek() + "\"");
    }
    return items.size() == 1 ? items.getFirst() : new Expression.Sequence(items);
  }

  private static boolean startsItem(char c) {
    return c == '"' || c == '[' || c == '(' || c == '.' || c == '<' || c == '!' || isNamePart(c);
  }

  private Expression item() {
    if (source.skip("\"")) {
      return literal();
    }
    if (source.skip("[")) {
      return new Expression.Text(grammar.algebra().characters(characters()));
    }
    if (source.skip(".")) {
      return new Expression.Text(ANY);
    }
    if (source.skip("(")) {
      blanks(true);
      Expression inner = choice(true);
      source.require(")");
      return inner;
    }
    if (source.peek() == '<' || source.peek() == '!') {
      throw source.unsupported("tokens");
    }
    return new Expression.Rule(name());
  }

  private Expression literal() {
    StringBuilder text = new StringBuilder();
    while (!source.skip("\"")) {
      int c = source.take();
      text.appendCodePoint(c == '\\' ? source.escape() : c);
    }
    return grammar.literal(text.toString());
  }

  private int[] characters() {
    boolean negated = source.skip("^");
    List<Integer> pairs = new ArrayList<>();
    while (!source.skip("]")) {
      int low = character();
      int high = low;
      if (source.peek() == '-' && !source.text.startsWith("-]", source.position)) {
        source.position++;
        high = character();
      }
      pairs.add(low);
      pairs.add(high);
    }
    int[] set = CodePoints.of(pairs.stream().mapToInt(Integer::intValue).toArray());
    return negated ? CodePoints.complement(set) : set;
  }

  private int character() {
    int c = source.take();
    return c == '\\' ? source.escape() : c;
  }

  private Expression repeated(Expression item) {
    Expression result = item;
    while (true) {
      blanksBeforeRepeat();
      if (source.skip("*")) {
        result = new Expression.Repeat(result, 0, UNBOUNDED);
      } else if (source.skip("+")) {
        result = new Expression.Repeat(result, 1, UNBOUNDED);
      } else if (source.skip("?")) {
        result = new Expression.Repeat(result, 0, 1);
      } else if (source.skip("{")) {
        result = bounds(result);
      } else {
        return result;
      }
    }
  }

  private void blanksBeforeRepeat() {
    int start = source.position;
    while (source.peek() == ' ') {
      source.position++;
    }
    if ("*+?{".indexOf(source.peek()) < 0 || source.atEnd()) {
      source.position = start;
    }
  }

  private Expression bounds(Expression inner) {
    int min = source.peek() == ',' ? 0 : source.number();
    int max = min;
    if (source.skip(",")) {
      max = source.peek() == '}' ? UNBOUNDED : source.number();
    }
    source.require("}");
    if (max < min) {
      throw source.invalid("bounds out of order");
    }
    return new Expression.Repeat(inner, min, max);
  }
}
