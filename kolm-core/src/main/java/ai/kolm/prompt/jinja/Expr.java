package ai.kolm.prompt.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An expression. Operators of one precedence, and everything that follows a primary expression, are
 * lists rather than nested pairs, so that the depth of the tree is the nesting that the author
 * wrote.
 */
sealed interface Expr {

  record Const(Value value) implements Expr {}

  record Name(String name) implements Expr {}

  record ListOf(List<Expr> items) implements Expr {}

  record TupleOf(List<Expr> items) implements Expr {}

  record DictOf(List<Pair> pairs) implements Expr {}

  record Pair(Expr key, Expr value) {}

  /** {@code then if condition else otherwise}. */
  record Conditional(Expr condition, Expr then, @Nullable Expr otherwise, int line)
      implements Expr {}

  record Or(List<Expr> operands) implements Expr {}

  record And(List<Expr> operands) implements Expr {}

  record Not(Expr operand) implements Expr {}

  /** {@code first op operand op operand ...}: each neighbours' pair must hold. */
  record Compare(Expr first, List<Comparison> rest) implements Expr {}

  record Comparison(Comparator comparator, Expr operand) {}

  enum Comparator {
    EQ("=="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    IN("in"),
    NOT_IN("not in");

    final String symbol;

    Comparator(String symbol) {
      this.symbol = symbol;
    }
  }

  /** {@code first op operand op operand ...}, from left to right; powers too, as jinja2 has it. */
  record Arithmetic(Expr first, List<Operation> rest) implements Expr {}

  record Operation(Operator operator, Expr operand) {}

  enum Operator {
    ADD("+"),
    SUB("-"),
    MUL("*"),
    DIV("/"),
    FLOOR_DIV("//"),
    MOD("%"),
    POW("**");

    final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }
  }

  /** {@code a ~ b ~ c}. */
  record Concat(List<Expr> operands) implements Expr {}

  record Sign(boolean negative, Expr operand) implements Expr {}

  /** A primary expression and what is done to it, from left to right. */
  record Postfix(Expr base, List<Step> steps) implements Expr {}

  /** One thing done to the value so far. */
  sealed interface Step {}

  record Attribute(String name) implements Step {}

  record Item(Expr key) implements Step {}

  record Slice(@Nullable Expr start, @Nullable Expr stop, @Nullable Expr step) implements Step {}

  record Call(CallArguments arguments) implements Step {}

  /**
   * {@code value | name(arguments)}; {@code filter} is {@code null} where there is none so named.
   */
  record Filtered(String name, Filters.@Nullable Filter filter, CallArguments arguments)
      implements Step {}

  /** {@code value is name(arguments)}, {@code value is not name(arguments)}. */
  record Tested(String name, Tests.@Nullable Test test, CallArguments arguments, boolean negated)
      implements Step {}

  record CallArguments(List<Expr> positional, List<Keyword> named) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of());
  }

  record Keyword(String name, Expr value) {}
}
