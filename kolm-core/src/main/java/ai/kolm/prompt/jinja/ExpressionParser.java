package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Expr.Comparator;
import ai.kolm.prompt.jinja.Expr.Operator;
import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads expressions, by recursive descent; one method for each precedence, lowest first. */
final class ExpressionParser {
  private final TokenStream tokens;
  private final ParserState state;

  ExpressionParser(TokenStream tokens, ParserState state) {
    this.tokens = tokens;
    this.state = state;
  }

  Expr expression() {
    return state.nested(this::conditional);
  }

  /** {@code a}, or {@code a, b, ...} without brackets. */
  Expr tuple() {
    return tuple(false, this::expression);
  }

  /** As {@link #tuple}; an {@code if} behind it is not its own. */
  Expr tupleWithoutCondition() {
    return tuple(false, () -> state.nested(this::or));
  }

  private Expr tuple(boolean inBrackets, ParserState.Reading<Expr> item) {
    List<Expr> items = new ArrayList<>();
    boolean comma = false;
    while (!endsTuple()) {
      items.add(item.read());
      comma = tokens.skipOperator(",");
      if (!comma) {
        break;
      }
    }
    if (items.size() == 1 && !comma) {
      return items.getFirst();
    }
    if (items.isEmpty() && !inBrackets) {
      throw tokens.unexpected("expected an expression");
    }
    return new Expr.TupleOf(items);
  }

  private boolean endsTuple() {
    return tokens.is(Token.Kind.PRINT_END)
        || tokens.is(Token.Kind.BLOCK_END)
        || tokens.current().isOperator(")");
  }

  private Expr conditional() {
    int line = tokens.current().line();
    TemplateError before = state.unknown();
    Expr expr = or();
    while (tokens.skipName("if")) {
      Expr condition = or();
      Expr otherwise = tokens.skipName("else") ? state.nested(this::conditional) : null;
      state.forgive(before);
      expr = new Expr.Conditional(condition, expr, otherwise, line);
      line = tokens.current().line();
    }
    return expr;
  }

  private Expr or() {
    Expr first = and();
    if (!tokens.current().isName("or")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (tokens.skipName("or")) {
      operands.add(and());
    }
    return new Expr.Or(operands);
  }

  private Expr and() {
    Expr first = not();
    if (!tokens.current().isName("and")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (tokens.skipName("and")) {
      operands.add(not());
    }
    return new Expr.And(operands);
  }

  private Expr not() {
    return tokens.skipName("not") ? new Expr.Not(state.nested(this::not)) : comparison();
  }

  private Expr comparison() {
    Expr first = sum();
    List<Expr.Comparison> rest = new ArrayList<>();
    for (Comparator comparator = comparator(); comparator != null; comparator = comparator()) {
      rest.add(new Expr.Comparison(comparator, sum()));
    }
    return rest.isEmpty() ? first : new Expr.Compare(first, rest);
  }

  private @Nullable Comparator comparator() {
    for (Comparator comparator : Comparator.values()) {
      boolean word = comparator == Comparator.IN || comparator == Comparator.NOT_IN;
      if (!word && tokens.skipOperator(comparator.symbol)) {
        return comparator;
      }
    }
    if (tokens.skipName("in")) {
      return Comparator.IN;
    }
    if (tokens.current().isName("not") && tokens.ahead().isName("in")) {
      tokens.next();
      tokens.next();
      return Comparator.NOT_IN;
    }
    return null;
  }

  private Expr sum() {
    return arithmetic(this::concatenation, Operator.ADD, Operator.SUB);
  }

  private Expr concatenation() {
    Expr first = product();
    if (!tokens.current().isOperator("~")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      operands.add(product());
    }
    return new Expr.Concat(operands);
  }

  private Expr product() {
    return arithmetic(this::power, Operator.MUL, Operator.DIV, Operator.FLOOR_DIV, Operator.MOD);
  }

  private Expr power() {
    return arithmetic(() -> unary(true), Operator.POW);
  }

  private Expr arithmetic(ParserState.Reading<Expr> operand, Operator... operators) {
    Expr first = operand.read();
    List<Expr.Operation> rest = new ArrayList<>();
    for (Operator operator = operator(operators);
        operator != null;
        operator = operator(operators)) {
      rest.add(new Expr.Operation(operator, operand.read()));
    }
    return rest.isEmpty() ? first : new Expr.Arithmetic(first, rest);
  }

  private @Nullable Operator operator(Operator... operators) {
    for (Operator operator : operators) {
      if (tokens.skipOperator(operator.symbol)) {
        return operator;
      }
    }
    return null;
  }

  /** A sign binds tighter than a filter: {@code -1 | abs} is 1. */
  private Expr unary(boolean withFilters) {
    boolean minus = tokens.skipOperator("-");
    Expr base =
        minus || tokens.skipOperator("+")
            ? new Expr.Sign(minus, state.nested(() -> unary(false)))
            : primary();
    return postfix(base, withFilters);
  }

  private Expr postfix(Expr base, boolean withFilters) {
    List<Expr.Step> steps = new ArrayList<>();
    members(steps);
    if (withFilters) {
      filtersAndTests(steps);
    }
    return steps.isEmpty() ? base : new Expr.Postfix(base, steps);
  }

  private Expr primary() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> name(tokens.next().text());
      case LITERAL -> literal();
      case OPERATOR -> bracketed();
      case DATA, PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw tokens.unexpected("expected an expression");
    };
  }

  private Expr name(String name) {
    return switch (name) {
      case "true", "True" -> new Expr.Const(Value.Bool.TRUE);
      case "false", "False" -> new Expr.Const(Value.Bool.FALSE);
      case "none", "None" -> new Expr.Const(Value.None.NONE);
      default -> {
        state.names().add(name);
        yield new Expr.Name(name);
      }
    };
  }

  /** A number, or strings one after the other, which are one. */
  private Expr literal() {
    Value value = Objects.requireNonNull(tokens.current().value());
    if (!(value instanceof Text)) {
      tokens.next();
      return new Expr.Const(value);
    }
    StringBuilder joined = new StringBuilder();
    while (tokens.current().value() instanceof Text text) {
      joined.append(text.chars());
      tokens.next();
    }
    state.strings().add(joined.toString());
    return new Expr.Const(Text.template(joined.toString()));
  }

  private Expr bracketed() {
    if (tokens.skipOperator("(")) {
      Expr tuple = tuple(true, this::expression);
      tokens.expectOperator(")");
      return tuple;
    }
    if (tokens.skipOperator("[")) {
      return new Expr.ListOf(list("]", this::expression));
    }
    if (tokens.skipOperator("{")) {
      return new Expr.DictOf(list("}", this::pair));
    }
    throw tokens.unexpected("expected an expression");
  }

  private Expr.Pair pair() {
    Expr key = expression();
    tokens.expectOperator(":");
    return new Expr.Pair(key, expression());
  }

  /** Items with commas between them, and behind the last one if its author liked. */
  private <T> List<T> list(String end, ParserState.Reading<T> item) {
    List<T> items = new ArrayList<>();
    while (!tokens.skipOperator(end)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.skipOperator(end)) {
          break;
        }
      }
      items.add(item.read());
    }
    return items;
  }

  /** {@code .name}, {@code .0}, {@code [key]} and calls. */
  private void members(List<Expr.Step> steps) {
    while (true) {
      if (tokens.skipOperator(".")) {
        steps.add(member());
      } else if (tokens.skipOperator("[")) {
        steps.add(subscript());
      } else if (tokens.current().isOperator("(")) {
        steps.add(new Expr.Call(arguments()));
      } else {
        return;
      }
    }
  }

  private Expr.Step member() {
    Token token = tokens.next();
    if (token.kind() == Token.Kind.NAME) {
      return new Expr.Attribute(token.text());
    }
    if (token.value() instanceof Value.Int index) {
      return new Expr.Item(new Expr.Const(index));
    }
    throw new TemplateError(Kind.SYNTAX, token.line(), "expected a name or a number after '.'");
  }

  private Expr.Step subscript() {
    Expr start = tokens.current().isOperator(":") ? null : expression();
    if (start != null && tokens.skipOperator("]")) {
      return new Expr.Item(start);
    }
    tokens.expectOperator(":");
    Expr stop = bound();
    Expr step = tokens.skipOperator(":") ? bound() : null;
    tokens.expectOperator("]");
    return new Expr.Slice(start, stop, step);
  }

  private @Nullable Expr bound() {
    boolean absent = tokens.current().isOperator(":") || tokens.current().isOperator("]");
    return absent ? null : expression();
  }

  private void filtersAndTests(List<Expr.Step> steps) {
    while (true) {
      if (tokens.skipOperator("|")) {
        steps.add(filter());
      } else if (tokens.skipName("is")) {
        steps.add(test());
      } else if (tokens.current().isOperator("(")) {
        steps.add(new Expr.Call(arguments()));
      } else {
        return;
      }
    }
  }

  /** {@code name} or {@code name(arguments)}, behind the bar. */
  Expr.Step filter() {
    String name = tokens.expect(Token.Kind.NAME).text();
    Filters.Filter filter = Filters.find(name);
    if (filter == null) {
      state.unknown("filter", name);
    }
    return new Expr.Filtered(name, filter, optionalArguments());
  }

  private Expr.CallArguments optionalArguments() {
    return tokens.current().isOperator("(") ? arguments() : Expr.CallArguments.NONE;
  }

  private Expr.Step test() {
    boolean negated = tokens.skipName("not");
    String name = tokens.expect(Token.Kind.NAME).text();
    Tests.Test test = Tests.find(name);
    if (test == null) {
      state.unknown("test", name);
    }
    Expr.CallArguments arguments =
        beginsTestArgument()
            ? new Expr.CallArguments(
                List.of(state.nested(() -> postfix(primary(), false))), List.of())
            : optionalArguments();
    return new Expr.Tested(name, test, arguments, negated);
  }

  /** Whether the one argument follows that a test can have without brackets. */
  private boolean beginsTestArgument() {
    Token token = tokens.current();
    if (token.isName("is")) {
      throw tokens.error("You cannot chain multiple tests with is");
    }
    return switch (token.kind()) {
      case LITERAL -> true;
      case NAME -> !Set.of("else", "or", "and").contains(token.text());
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      case DATA, PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END, END -> false;
    };
  }

  /** {@code (a, b, name=c)}. */
  Expr.CallArguments arguments() {
    tokens.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Expr.Keyword> named = new ArrayList<>();
    list(
        ")",
        () -> {
          if (tokens.is(Token.Kind.NAME) && tokens.ahead().isOperator("=")) {
            String name = tokens.next().text();
            tokens.next();
            return named.add(new Expr.Keyword(name, expression()));
          }
          if (!named.isEmpty()) {
            throw tokens.error("an argument without a name behind one with a name");
          }
          return positional.add(expression());
        });
    return new Expr.CallArguments(positional, named);
  }
}
