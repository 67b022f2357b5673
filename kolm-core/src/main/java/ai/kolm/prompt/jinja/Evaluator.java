package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions. */
final class Evaluator {
  private final Budget budget;

  Evaluator(Budget budget) {
    this.budget = budget;
  }

  Value evaluate(Expr expr, Scope scope) {
    budget.enter();
    budget.visit();
    Value value =
        switch (expr) {
          case Expr.Const constant -> constant.value();
          case Expr.Name name -> lookUp(name.name(), scope);
          case Expr.Postfix postfix -> postfix(postfix, scope);
          case Expr.Arithmetic arithmetic -> arithmetic(arithmetic, scope);
          case Expr.Compare compare -> compare(compare, scope);
          case Expr.And and -> shortCircuit(and.operands(), false, scope);
          case Expr.Or or -> shortCircuit(or.operands(), true, scope);
          case Expr.Not not -> Bool.of(!Operators.truth(evaluate(not.operand(), scope)));
          case Expr.Concat concat -> concat(concat, scope);
          case Expr.Conditional conditional -> conditional(conditional, scope);
          case Expr.Sign sign -> Arithmetic.sign(sign.negative(), evaluate(sign.operand(), scope));
          case Expr.ListOf list -> Seq.list(all(list.items(), scope));
          case Expr.TupleOf tuple -> new Seq(Value.SeqKind.TUPLE, all(tuple.items(), scope));
          case Expr.DictOf dict -> dict(dict, scope);
        };
    budget.leave();
    return value;
  }

  boolean holds(Expr condition, Scope scope) {
    return Operators.truth(evaluate(condition, scope));
  }

  private static Value lookUp(String name, Scope scope) {
    Value value = scope.find(name);
    return value != null ? value : new Undefined(() -> "'" + name + "' is undefined");
  }

  private List<Value> all(List<Expr> exprs, Scope scope) {
    budget.items(exprs.size());
    List<Value> values = new ArrayList<>(exprs.size());
    for (Expr expr : exprs) {
      values.add(evaluate(expr, scope));
    }
    return values;
  }

  private Value dict(Expr.DictOf dict, Scope scope) {
    budget.items(dict.pairs().size());
    Dict.Builder builder = new Dict.Builder();
    for (Expr.Pair pair : dict.pairs()) {
      builder.put(evaluate(pair.key(), scope), evaluate(pair.value(), scope));
    }
    return builder.build();
  }

  /** The first operand whose truth decides, else the last one. */
  private Value shortCircuit(List<Expr> operands, boolean decisive, Scope scope) {
    for (Expr operand : operands.subList(0, operands.size() - 1)) {
      Value value = evaluate(operand, scope);
      if (Operators.truth(value) == decisive) {
        return value;
      }
    }
    return evaluate(operands.getLast(), scope);
  }

  private Value conditional(Expr.Conditional conditional, Scope scope) {
    if (holds(conditional.condition(), scope)) {
      return evaluate(conditional.then(), scope);
    }
    Expr otherwise = conditional.otherwise();
    if (otherwise != null) {
      return evaluate(otherwise, scope);
    }
    return new Undefined(
        () ->
            "the inline if-expression on line %d evaluated to false and no else section was defined."
                .formatted(conditional.line()));
  }

  private Value concat(Expr.Concat concat, Scope scope) {
    TextBuilder out = new TextBuilder(budget);
    for (Expr operand : concat.operands()) {
      out.append(PyStrings.str(evaluate(operand, scope), budget));
    }
    return out.build();
  }

  private Value arithmetic(Expr.Arithmetic arithmetic, Scope scope) {
    Value value = evaluate(arithmetic.first(), scope);
    for (Expr.Operation operation : arithmetic.rest()) {
      Value operand = evaluate(operation.operand(), scope);
      value = Arithmetic.apply(operation.operator(), value, operand, budget);
    }
    return value;
  }

  private Value compare(Expr.Compare compare, Scope scope) {
    Value left = evaluate(compare.first(), scope);
    for (Expr.Comparison comparison : compare.rest()) {
      Value right = evaluate(comparison.operand(), scope);
      if (!holds(comparison.comparator(), left, right)) {
        return Bool.FALSE;
      }
      left = right;
    }
    return Bool.TRUE;
  }

  private boolean holds(Expr.Comparator comparator, Value left, Value right) {
    return switch (comparator) {
      case EQ -> Comparisons.equal(left, right, budget);
      case NE -> !Comparisons.equal(left, right, budget);
      case IN -> Operators.contains(right, left, budget);
      case NOT_IN -> !Operators.contains(right, left, budget);
      case LT -> order(comparator, left, right) < 0;
      case LE -> order(comparator, left, right) <= 0;
      case GT -> order(comparator, left, right) > 0;
      case GE -> order(comparator, left, right) >= 0;
    };
  }

  private int order(Expr.Comparator comparator, Value left, Value right) {
    return Comparisons.order(left, right, comparator.symbol, budget);
  }

  private Value postfix(Expr.Postfix postfix, Scope scope) {
    Value value = evaluate(postfix.base(), scope);
    for (Expr.Step step : postfix.steps()) {
      value = step(value, step, scope);
    }
    return value;
  }

  /** Does one thing to a value. */
  Value step(Value value, Expr.Step step, Scope scope) {
    return switch (step) {
      case Expr.Attribute attribute -> Attributes.attribute(value, attribute.name(), budget);
      case Expr.Item item -> Attributes.item(value, evaluate(item.key(), scope), budget);
      case Expr.Slice slice ->
          Attributes.slice(
              value,
              optional(slice.start(), scope),
              optional(slice.stop(), scope),
              optional(slice.step(), scope),
              budget);
      case Expr.Call call -> call(value, arguments(call.arguments(), scope));
      case Expr.Filtered filtered -> {
        Filters.Filter filter = filtered.filter();
        if (filter == null) {
          throw TemplateError.evaluation("No filter named '" + filtered.name() + "' found.");
        }
        yield filter.apply(value, arguments(filtered.arguments(), scope), budget);
      }
      case Expr.Tested tested -> {
        Tests.Test test = tested.test();
        if (test == null) {
          throw TemplateError.evaluation("No test named '" + tested.name() + "' found.");
        }
        Arguments arguments = arguments(tested.arguments(), scope);
        yield Bool.of(test.holds(value, arguments, budget) != tested.negated());
      }
    };
  }

  private @Nullable Value optional(@Nullable Expr expr, Scope scope) {
    return expr == null ? null : evaluate(expr, scope);
  }

  Arguments arguments(Expr.CallArguments given, Scope scope) {
    if (given.positional().isEmpty() && given.named().isEmpty()) {
      return Arguments.NONE;
    }
    List<Value> positional = all(given.positional(), scope);
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expr.Keyword keyword : given.named()) {
      named.put(keyword.name(), evaluate(keyword.value(), scope));
    }
    return new Arguments(positional, named);
  }

  Value call(Value callee, Arguments arguments) {
    return switch (callee) {
      case Callable callable -> callable.call(arguments);
      case Loop loop -> loop.recurse(arguments);
      case Undefined undefined -> throw undefined.used();
      default ->
          throw TemplateError.evaluation("'" + callee.typeName() + "' object is not callable");
    };
  }
}
