package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.None;
import ai.kolm.prompt.jinja.Value.Real;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The tests of the {@code is} operator, by name. */
final class Tests {

  /** {@code value is name(arguments)}. */
  interface Test {
    boolean holds(Value value, Arguments arguments, Budget budget);
  }

  private static final Map<String, Test> TESTS =
      Map.ofEntries(
          Map.entry("defined", is(value -> !(value instanceof Undefined))),
          Map.entry("undefined", is(value -> value instanceof Undefined)),
          Map.entry("none", is(value -> value instanceof None)),
          Map.entry("boolean", is(value -> value instanceof Bool)),
          Map.entry("true", is(value -> value instanceof Bool bool && bool.value())),
          Map.entry("false", is(value -> value instanceof Bool bool && !bool.value())),
          Map.entry("integer", is(value -> value instanceof Int)),
          Map.entry("float", is(value -> value instanceof Real)),
          Map.entry("number", is(Operators::isNumber)),
          Map.entry("string", is(value -> value instanceof Text)),
          Map.entry("mapping", is(value -> value instanceof Dict)),
          Map.entry("iterable", is(Operators::isIterable)),
          Map.entry("sequence", is(Tests::isSequence)),
          Map.entry("callable", is(value -> value instanceof Callable)),
          Map.entry("escaped", is(value -> value instanceof Text text && text.isMarkup())),
          Map.entry(
              "lower",
              (value, args, budget) -> Casing.isLower(PyStrings.str(value, budget), budget)),
          Map.entry(
              "upper",
              (value, args, budget) -> Casing.isUpper(PyStrings.str(value, budget), budget)),
          Map.entry("odd", (value, args, budget) -> remainder(value, new Int(2), budget) == 1),
          Map.entry("even", (value, args, budget) -> remainder(value, new Int(2), budget) == 0),
          Map.entry(
              "divisibleby",
              (value, args, budget) -> remainder(value, args.only("divisibleby"), budget) == 0),
          Map.entry(
              "in", (value, args, budget) -> Operators.contains(args.only("in"), value, budget)),
          Map.entry("sameas", Tests::same),
          Map.entry(
              "filter", is(value -> value instanceof Text t && Filters.find(t.chars()) != null)),
          Map.entry("test", is(value -> value instanceof Text t && find(t.chars()) != null)),
          Map.entry("==", Tests::equal),
          Map.entry("eq", Tests::equal),
          Map.entry("equalto", Tests::equal),
          Map.entry("!=", (value, args, budget) -> !equal(value, args, budget)),
          Map.entry("ne", (value, args, budget) -> !equal(value, args, budget)),
          Map.entry(">", ordered(">", order -> order > 0)),
          Map.entry("gt", ordered(">", order -> order > 0)),
          Map.entry("greaterthan", ordered(">", order -> order > 0)),
          Map.entry(">=", ordered(">=", order -> order >= 0)),
          Map.entry("ge", ordered(">=", order -> order >= 0)),
          Map.entry("<", ordered("<", order -> order < 0)),
          Map.entry("lt", ordered("<", order -> order < 0)),
          Map.entry("lessthan", ordered("<", order -> order < 0)),
          Map.entry("<=", ordered("<=", order -> order <= 0)),
          Map.entry("le", ordered("<=", order -> order <= 0)));

  private Tests() {}

  static @Nullable Test find(String name) {
    return TESTS.get(name);
  }

  /** The test that the first argument names; none: whether the value counts as true. */
  static Test argument(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return (value, args, budget) -> Operators.truth(value);
    }
    String name = TextMethods.text(arguments.positional().getFirst()).chars();
    Test test = find(name);
    if (test == null) {
      throw TemplateError.evaluation("No test named '" + name + "'.");
    }
    return test;
  }

  private static Test is(Predicate<Value> predicate) {
    return (value, arguments, budget) -> {
      arguments.none("this test");
      return predicate.test(value);
    };
  }

  private static Test ordered(String symbol, IntPredicate wanted) {
    return (value, arguments, budget) ->
        wanted.test(Comparisons.order(value, arguments.only(symbol), symbol, budget));
  }

  private static boolean equal(Value value, Arguments arguments, Budget budget) {
    return Comparisons.equal(value, arguments.only("=="), budget);
  }

  /** Python compares addresses; equal scalars of one type count as the same object here. */
  @SuppressWarnings("ReferenceEquality") // it is what the test asks
  private static boolean same(Value value, Arguments arguments, Budget budget) {
    Value other = arguments.only("sameas");
    boolean scalar = Operators.isNumber(value) || value instanceof None || value instanceof Text;
    return value == other
        || (scalar
            && value.getClass() == other.getClass()
            && Comparisons.equal(value, other, budget));
  }

  private static double remainder(Value value, Value divisor, Budget budget) {
    Value remainder = Arithmetic.apply(Expr.Operator.MOD, value, divisor, budget);
    return Operators.isNumber(remainder) ? Operators.toDouble(remainder) : Double.NaN;
  }

  private static boolean isSequence(Value value) {
    return switch (value) {
      case Text _, Dict _, Undefined _ -> true;
      case Seq seq -> seq.kind().indexed();
      default -> false;
    };
  }
}
