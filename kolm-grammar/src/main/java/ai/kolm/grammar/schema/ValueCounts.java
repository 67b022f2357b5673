package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;

/** How many different scalars meet a goal. For one thread at a time. */
final class ValueCounts {
  /** As many as no array without duplicates uses up. */
  private static final long PLENTY = 1 << 20;

  private final Semantics semantics;
  private final ValueSets values;
  private final Languages languages;

  ValueCounts(Semantics semantics, ValueSets values, Languages languages) {
    this.semantics = semantics;
    this.values = values;
    this.languages = languages;
  }

  /**
   * Counted no further than {@code enough}.
   *
   * @param used a number of {@link ValueSets}: those do not count
   */
  long count(int goal, int used, long enough) {
    Scalars left = values.without(semantics.scalars(goal), used);
    long count = (left.hasNull() ? 1L : 0L) + (left.hasTrue() ? 1 : 0) + (left.hasFalse() ? 1 : 0);
    count += languages.count(left.strings(), enough);
    if (count < enough && left.numbers() != RegexAlgebra.EMPTY) {
      int shortest = semantics.algebra().intersect(left.numbers(), semantics.numbers().shortest());
      count += languages.count(shortest, enough);
    }
    return count;
  }

  /** Whether it is none, or so many that they never run out. */
  boolean isNoneOrPlenty(int goal) {
    if (goal == Goals.NOTHING) {
      return true;
    }
    long count = count(goal, ValueSets.EMPTY, PLENTY);
    return count == 0 || count >= PLENTY;
  }
}
