package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Expr.Operator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic operators, on numbers and on the sequences that have them. */
final class Arithmetic {
  private Arithmetic() {}

  static Value apply(Operator operator, Value a, Value b, Budget budget) {
    if (operator == Operator.MOD && a instanceof Text format) {
      return PercentFormat.format(format, b, budget);
    }
    Operators.checkDefined(a, b);
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return Operators.isReal(a) || Operators.isReal(b)
          ? new Value.Real(real(operator, Operators.toDouble(a), Operators.toDouble(b)))
          : whole(operator, Operators.toLong(a), Operators.toLong(b));
    }
    Value result =
        switch (operator) {
          case ADD -> add(a, b, budget);
          case MUL -> repeat(a, b, budget);
          case SUB, DIV, FLOOR_DIV, MOD, POW -> null;
        };
    if (result == null) {
      String symbol = operator == Operator.POW ? "** or pow()" : operator.symbol;
      throw TemplateError.evaluation(
          "unsupported operand type(s) for %s: '%s' and '%s'"
              .formatted(symbol, a.typeName(), b.typeName()));
    }
    return result;
  }

  static Value sign(boolean negative, Value a) {
    return switch (a) {
      case Value.Int _, Value.Bool _ -> {
        long n = Operators.toLong(a);
        yield new Value.Int(negative ? exact(() -> Math.negateExact(n)) : n);
      }
      case Value.Real n -> negative ? new Value.Real(-n.value()) : n;
      case Value.Undefined undefined -> throw undefined.used();
      default ->
          throw TemplateError.evaluation(
              "bad operand type for unary %s: '%s'".formatted(negative ? "-" : "+", a.typeName()));
    };
  }

  private static @Nullable Value add(Value a, Value b, Budget budget) {
    if (a instanceof Text x) {
      if (b instanceof Text y) {
        return concat(x, y, budget);
      }
      throw cannotConcatenate("str", b);
    }
    if (a instanceof Value.Seq x
        && (x.kind() == Value.SeqKind.LIST || x.kind() == Value.SeqKind.TUPLE)) {
      if (b instanceof Value.Seq y && x.kind() == y.kind()) {
        budget.items((long) x.items().size() + y.items().size());
        List<Value> items = new ArrayList<>(x.items());
        items.addAll(y.items());
        return new Value.Seq(x.kind(), items);
      }
      throw cannotConcatenate(x.typeName(), b);
    }
    return null;
  }

  private static TemplateError cannotConcatenate(String type, Value other) {
    return TemplateError.evaluation(
        "can only concatenate %s (not \"%s\") to %s".formatted(type, other.typeName(), type));
  }

  /** Concatenation; what is added to text that is marked safe gets escaped. */
  private static Text concat(Text a, Text b, Budget budget) {
    boolean markup = a.isMarkup() || b.isMarkup();
    Text left = markup && !a.isMarkup() ? Html.escape(a, budget) : a;
    Text right = markup && !b.isMarkup() ? Html.escape(b, budget) : b;
    Text joined = new TextBuilder(budget).append(left).append(right).build();
    return markup ? joined.asMarkup() : joined;
  }

  private static @Nullable Value repeat(Value a, Value b, Budget budget) {
    if (Operators.isNumber(a) && !Operators.isNumber(b)) {
      return repeat(b, a, budget);
    }
    boolean sequence = a instanceof Text || a instanceof Value.Seq;
    if (sequence && !(b instanceof Value.Int || b instanceof Value.Bool)) {
      throw TemplateError.evaluation(
          "can't multiply sequence by non-int of type '" + b.typeName() + "'");
    }
    if (!sequence) {
      return null;
    }
    long times = Math.max(0, Operators.toLong(b));
    if (a instanceof Text text) {
      budget.length(product(text.chars().length(), times));
      TextBuilder out = new TextBuilder(budget);
      for (long i = 0; i < times && !text.isEmpty(); i++) {
        out.append(text);
      }
      return out.build();
    }
    if (a instanceof Value.Seq seq
        && (seq.kind() == Value.SeqKind.LIST || seq.kind() == Value.SeqKind.TUPLE)) {
      budget.items(product(seq.items().size(), times));
      List<Value> items = new ArrayList<>();
      for (long i = 0; i < times && !seq.items().isEmpty(); i++) {
        items.addAll(seq.items());
      }
      return new Value.Seq(seq.kind(), items);
    }
    return null;
  }

  /** A product that only has to be right up to any limit. */
  private static long product(long a, long b) {
    return a == 0 || b <= Long.MAX_VALUE / a ? a * b : Long.MAX_VALUE;
  }

  private static Value whole(Operator operator, long a, long b) {
    return switch (operator) {
      case ADD -> new Value.Int(exact(() -> Math.addExact(a, b)));
      case SUB -> new Value.Int(exact(() -> Math.subtractExact(a, b)));
      case MUL -> new Value.Int(exact(() -> Math.multiplyExact(a, b)));
      case DIV -> new Value.Real(a / (double) nonZero(b, "division by zero"));
      case FLOOR_DIV ->
          new Value.Int(
              exact(() -> Math.floorDivExact(a, nonZero(b, "integer division or modulo by zero"))));
      case MOD -> new Value.Int(Math.floorMod(a, nonZero(b, "integer modulo by zero")));
      case POW ->
          b < 0
              ? new Value.Real(real(Operator.POW, (double) a, (double) b))
              : new Value.Int(exact(() -> Math.powExact(a, exponent(b))));
    };
  }

  /** Any exponent beyond 64 overflows, or acts on -1, 0 and 1 as its parity does. */
  private static int exponent(long b) {
    return b <= 64 ? (int) b : 64 + (int) (b % 2);
  }

  private interface Exact {
    long result();
  }

  private static long exact(Exact operation) {
    try {
      return operation.result();
    } catch (ArithmeticException e) {
      throw TemplateError.evaluation("a whole number beyond 64 bits");
    }
  }

  private static long nonZero(long divisor, String message) {
    if (divisor == 0) {
      throw TemplateError.evaluation(message);
    }
    return divisor;
  }

  private static double real(Operator operator, double a, double b) {
    return switch (operator) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / nonZero(b, "float division by zero");
      case FLOOR_DIV -> floorDiv(a, nonZero(b, "float floor division by zero"));
      case MOD -> floorMod(a, nonZero(b, "float modulo"));
      case POW -> power(a, b);
    };
  }

  private static double nonZero(double divisor, String message) {
    if (divisor == 0) {
      throw TemplateError.evaluation(message);
    }
    return divisor;
  }

  /** The remainder with the sign of the divisor. */
  private static double floorMod(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0.0, b);
    }
    return (b < 0) != (remainder < 0) ? remainder + b : remainder;
  }

  /** As CPython: from the exact remainder, so that the two operators agree. */
  private static double floorDiv(double a, double b) {
    double quotient = (a - floorMod(a, b)) / b;
    if (quotient == 0) {
      return Math.copySign(0.0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw TemplateError.evaluation("0.0 cannot be raised to a negative power");
    }
    if (a < 0 && b != Math.rint(b)) {
      throw TemplateError.evaluation("complex numbers are not supported");
    }
    double result = Math.pow(a, b);
    if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw TemplateError.evaluation("(34, 'Numerical result out of range')");
    }
    return result;
  }
}
