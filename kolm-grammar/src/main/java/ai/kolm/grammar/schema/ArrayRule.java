package ai.kolm.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One way for an array to be right; all of this has to hold.
 *
 * @param prefix goals of the first items
 * @param rest goal of the items behind them
 * @param min fewest items
 * @param max most items
 * @param contains items to be counted
 * @param unique whether all items must differ
 * @param evaluated so many items at the front the schema has looked at; {@link Integer#MAX_VALUE}
 *     for all
 * @param evaluatedBy items that meet one of these goals it has looked at, too
 */
record ArrayRule(
    List<Integer> prefix,
    int rest,
    int min,
    int max,
    List<Contains> contains,
    boolean unique,
    int evaluated,
    Set<Integer> evaluatedBy) {

  /** From item {@code from} on, {@code min} to {@code max} items meet {@code goal}. */
  record Contains(int goal, int opposite, int min, int max, int from) {}

  /** Any array. */
  static final ArrayRule ANY =
      new ArrayRule(List.of(), Goals.ANYTHING, 0, Integer.MAX_VALUE, List.of(), false, 0, Set.of());

  ArrayRule {
    prefix = List.copyOf(prefix);
    contains = List.copyOf(contains);
    evaluatedBy = Set.copyOf(evaluatedBy);
  }

  static ArrayRule ofItems(List<Integer> prefix, int rest) {
    return new ArrayRule(prefix, rest, 0, Integer.MAX_VALUE, List.of(), false, 0, Set.of());
  }

  static ArrayRule ofCount(int min, int max) {
    return new ArrayRule(List.of(), Goals.ANYTHING, min, max, List.of(), false, 0, Set.of());
  }

  static ArrayRule ofContains(Contains contains) {
    return new ArrayRule(
        List.of(), Goals.ANYTHING, 0, Integer.MAX_VALUE, List.of(contains), false, 0, Set.of());
  }

  static ArrayRule ofUnique() {
    return new ArrayRule(
        List.of(), Goals.ANYTHING, 0, Integer.MAX_VALUE, List.of(), true, 0, Set.of());
  }

  ArrayRule withEvaluated(int count, Set<Integer> by) {
    return new ArrayRule(prefix, rest, min, max, contains, unique, count, by);
  }

  int goal(int index) {
    return index < prefix.size() ? prefix.get(index) : rest;
  }

  @SuppressWarnings("ArgumentSelectionDefectChecker") // the larger of two least numbers
  ArrayRule both(ArrayRule other, Goals goals) {
    if (equals(ANY)) {
      return other;
    }
    if (other.equals(ANY)) {
      return this;
    }
    List<Integer> items = new ArrayList<>();
    for (int i = 0; i < Math.max(prefix.size(), other.prefix.size()); i++) {
      items.add(goals.both(goal(i), other.goal(i)));
    }
    Set<Contains> counted = new LinkedHashSet<>(contains);
    counted.addAll(other.contains);
    Set<Integer> by = new LinkedHashSet<>(evaluatedBy);
    by.addAll(other.evaluatedBy);
    return new ArrayRule(
        items,
        goals.both(rest, other.rest),
        Math.max(min, other.min),
        Math.min(max, other.max),
        new ArrayList<>(counted),
        unique || other.unique,
        Math.max(evaluated, other.evaluated),
        by);
  }

  /** Whether it plainly contradicts itself. */
  boolean isHopeless() {
    if (min > max) {
      return true;
    }
    for (int i = 0; i < Math.min(min, prefix.size() + 1); i++) {
      if (goal(i) == Goals.NOTHING) {
        return true;
      }
    }
    return contains.stream().anyMatch(c -> c.goal() == Goals.NOTHING && c.min() > 0);
  }
}
