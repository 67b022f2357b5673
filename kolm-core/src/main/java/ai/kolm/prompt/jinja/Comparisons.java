package ai.kolm.prompt.jinja;

import java.util.List;

/** Equality and order, as Python has them. */
final class Comparisons {
  private Comparisons() {}

  /** Python's {@code ==}; texts are equal whatever their origin. */
  static boolean equal(Value a, Value b, Budget budget) {
    return equal(a, b, budget, 0);
  }

  private static boolean equal(Value a, Value b, Budget budget, int depth) {
    if (depth > PyStrings.MAX_DEPTH) {
      throw PyStrings.tooDeep();
    }
    budget.visit();
    if (a instanceof Text x && b instanceof Text y) {
      if (x.chars().length() != y.chars().length()) {
        return false;
      }
      budget.work(x.chars().length());
      return x.chars().equals(y.chars());
    }
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return equalNumbers(a, b);
    }
    if (a instanceof Value.Seq x && b instanceof Value.Seq y) {
      return x.kind() == y.kind() && equalItems(x.items(), y.items(), budget, depth + 1);
    }
    if (a instanceof Value.Dict x && b instanceof Value.Dict y) {
      return equalEntries(x, y, budget, depth + 1);
    }
    boolean bothNone = a instanceof Value.None && b instanceof Value.None;
    boolean bothUndefined = a instanceof Value.Undefined && b instanceof Value.Undefined;
    return bothNone || bothUndefined || identical(a, b);
  }

  /** What containers ask of their items: the same object, or equal. */
  static boolean same(Value a, Value b, Budget budget, int depth) {
    return identical(a, b) || equal(a, b, budget, depth);
  }

  @SuppressWarnings("ReferenceEquality") // the values that are equal to nothing but themselves
  private static boolean identical(Value a, Value b) {
    return a == b;
  }

  /** A double may be equal to the rounding of a whole number, but not to the number. */
  private static boolean equalNumbers(Value a, Value b) {
    boolean equal = Operators.toDouble(a) == Operators.toDouble(b);
    if (Operators.isReal(a) && Operators.isReal(b)) {
      return equal;
    }
    return equal && whole(a) == whole(b);
  }

  private static long whole(Value number) {
    return Operators.isReal(number) ? (long) Operators.toDouble(number) : Operators.toLong(number);
  }

  private static boolean equalItems(List<Value> a, List<Value> b, Budget budget, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!same(a.get(i), b.get(i), budget, depth)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Value.Dict a, Value.Dict b, Budget budget, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Value.Dict.Entry entry : a.entries()) {
      Value other = b.get(entry.key());
      if (other == null || !same(entry.value(), other, budget, depth)) {
        return false;
      }
    }
    return true;
  }

  /** Python's order: negative, zero, positive; texts by code point. */
  static int order(Value a, Value b, Budget budget) {
    return order(a, b, "<", budget, 0);
  }

  static int order(Value a, Value b, String symbol, Budget budget) {
    return order(a, b, symbol, budget, 0);
  }

  private static int order(Value a, Value b, String symbol, Budget budget, int depth) {
    if (depth > PyStrings.MAX_DEPTH) {
      throw PyStrings.tooDeep();
    }
    budget.visit();
    Operators.checkDefined(a, b);
    if (a instanceof Text x && b instanceof Text y) {
      budget.work(Math.min(x.chars().length(), y.chars().length()));
      return byCodePoint(x.chars(), y.chars());
    }
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return Operators.isReal(a) || Operators.isReal(b)
          ? Double.compare(Operators.toDouble(a) + 0.0, Operators.toDouble(b) + 0.0)
          : Long.compare(Operators.toLong(a), Operators.toLong(b));
    }
    if (a instanceof Value.Seq x
        && b instanceof Value.Seq y
        && x.kind() == y.kind()
        && (x.kind() == Value.SeqKind.LIST || x.kind() == Value.SeqKind.TUPLE)) {
      return orderItems(x.items(), y.items(), symbol, budget, depth + 1);
    }
    throw TemplateError.evaluation(
        "'%s' not supported between instances of '%s' and '%s'"
            .formatted(symbol, a.typeName(), b.typeName()));
  }

  private static int orderItems(
      List<Value> a, List<Value> b, String symbol, Budget budget, int depth) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!equal(a.get(i), b.get(i), budget, depth)) {
        return order(a.get(i), b.get(i), symbol, budget, depth);
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static int byCodePoint(String a, String b) {
    int i = 0;
    while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    if (i == a.length() || i == b.length()) {
      return Integer.compare(a.length(), b.length());
    }
    char x = a.charAt(i);
    char y = b.charAt(i);
    if (Character.isSurrogate(x) == Character.isSurrogate(y)) {
      return Character.compare(x, y);
    }
    return Character.isSurrogate(x) ? 1 : -1;
  }
}
