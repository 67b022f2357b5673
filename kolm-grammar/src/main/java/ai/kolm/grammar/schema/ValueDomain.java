package ai.kolm.grammar.schema;

import java.util.List;

/**
 * How sets of values of one kind are combined: scalars as languages, objects and arrays as lists of
 * rules.
 */
interface ValueDomain<T> {
  /** All values of the kind. */
  T everything();

  /** None. */
  T nothing();

  /** The values in both. */
  T both(T a, T b);

  /** The values in at least one. */
  T either(T a, T b);

  /** The values that meet a goal of at most one literal. */
  T of(int goal);

  /** The values that meet at least one goal. */
  T anyOf(List<Integer> goals);

  /** The values that meet exactly one goal. */
  T oneOf(List<Integer> goals);
}
