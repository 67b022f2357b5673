package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;

/**
 * A set of values that are neither object nor array.
 *
 * @param hasNull whether null is in it
 * @param hasTrue whether true is
 * @param hasFalse whether false is
 * @param numbers the numbers, as {@link Numbers} makes them
 * @param strings the strings, as a language of what they mean
 */
public record Scalars(
    boolean hasNull, boolean hasTrue, boolean hasFalse, int numbers, int strings) {
  static final Scalars NONE =
      new Scalars(false, false, false, RegexAlgebra.EMPTY, RegexAlgebra.EMPTY);

  static Scalars all(Numbers numbers) {
    return new Scalars(true, true, true, numbers.all(), RegexAlgebra.ANY_TEXT);
  }

  Scalars both(Scalars other, RegexAlgebra algebra) {
    return new Scalars(
        hasNull && other.hasNull,
        hasTrue && other.hasTrue,
        hasFalse && other.hasFalse,
        algebra.intersect(numbers, other.numbers),
        algebra.intersect(strings, other.strings));
  }

  Scalars either(Scalars other, RegexAlgebra algebra) {
    return new Scalars(
        hasNull || other.hasNull,
        hasTrue || other.hasTrue,
        hasFalse || other.hasFalse,
        algebra.union(numbers, other.numbers),
        algebra.union(strings, other.strings));
  }

  Scalars not(RegexAlgebra algebra, Numbers all) {
    int otherNumbers =
        numbers == RegexAlgebra.EMPTY
            ? all.all()
            : numbers == all.all() ? RegexAlgebra.EMPTY : algebra.minus(all.all(), numbers);
    return new Scalars(!hasNull, !hasTrue, !hasFalse, otherNumbers, algebra.not(strings));
  }

  Scalars withNumbers(int other) {
    return new Scalars(hasNull, hasTrue, hasFalse, other, strings);
  }

  Scalars withStrings(int other) {
    return new Scalars(hasNull, hasTrue, hasFalse, numbers, other);
  }

  /** Whether nothing is in it. */
  boolean isEmpty(RegexAlgebra algebra) {
    return !hasNull
        && !hasTrue
        && !hasFalse
        && !algebra.isSatisfiable(numbers)
        && !algebra.isSatisfiable(strings);
  }
}
