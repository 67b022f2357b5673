package ai.kolm.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Sets of objects or arrays, as lists of alternatives: the disjunctive normal form. Combinations
 * that are impossible are dropped as early as that can be shown, or schemas with many conditions
 * could not be combined at all.
 */
abstract class RuleDomain<R> implements ValueDomain<List<R>> {
  /** From so many combinations on it pays to ask whether each is possible. */
  private static final int MANY = 2;

  private final Semantics semantics;
  private final int maxAlternatives;

  RuleDomain(Semantics semantics, int maxAlternatives) {
    this.semantics = semantics;
    this.maxAlternatives = maxAlternatives;
  }

  abstract R any();

  abstract R merge(R a, R b);

  abstract boolean isHopeless(R rule);

  /** False only if it is certain that nothing follows both rules. */
  abstract boolean isPossible(R a, R b);

  /** Whether it has looked at parts of the value, for the unevaluated keywords. */
  abstract boolean evaluates(R rule);

  @Override
  public List<R> everything() {
    return List.of(any());
  }

  @Override
  public List<R> nothing() {
    return List.of();
  }

  @Override
  public List<R> both(List<R> a, List<R> b) {
    if (a.size() == 1 && a.getFirst().equals(any())) {
      return b;
    }
    if (b.size() == 1 && b.getFirst().equals(any())) {
      return a;
    }
    boolean many = (long) a.size() * b.size() >= MANY;
    Set<R> result = new LinkedHashSet<>();
    for (R x : a) {
      for (R y : b) {
        semantics.budget().spend(10);
        if (many && !isPossible(x, y)) {
          continue;
        }
        R rule = merge(x, y);
        if (!isHopeless(rule)) {
          result.add(rule);
          check(result.size());
        }
      }
    }
    return new ArrayList<>(result);
  }

  @Override
  public List<R> either(List<R> a, List<R> b) {
    if (a.isEmpty()) {
      return b;
    }
    if (b.isEmpty()) {
      return a;
    }
    Set<R> result = new LinkedHashSet<>(a);
    result.addAll(b);
    check(result.size());
    return new ArrayList<>(result);
  }

  /** Those that do not plainly contradict themselves. */
  List<R> hopeful(List<R> rules) {
    for (R rule : rules) {
      if (isHopeless(rule)) {
        return rules.stream().filter(r -> !isHopeless(r)).toList();
      }
    }
    return rules;
  }

  private void check(int alternatives) {
    if (alternatives > maxAlternatives) {
      throw SchemaErrors.tooComplex(
          "alternatives", "", "more than %,d ways to read one value".formatted(maxAlternatives));
    }
  }

  @Override
  public List<R> anyOf(List<Integer> goals) {
    Set<R> result = new LinkedHashSet<>();
    boolean evaluates = false;
    for (int goal : goals) {
      List<R> option = of(goal);
      evaluates |= option.stream().anyMatch(this::evaluates);
      result.addAll(option);
      check(result.size());
    }
    return evaluates && semantics.usesUnevaluated() ? claims(goals) : new ArrayList<>(result);
  }

  /**
   * Every choice of options that are claimed to hold, at least one: what a value's options have
   * looked at is the union over those that hold, and the more that is, the more is allowed; so a
   * value is right if some claim makes it right.
   */
  private List<R> claims(List<Integer> goals) {
    List<R> some = nothing();
    for (int goal : goals) {
      List<R> option = of(goal);
      some = either(some, either(both(some, option), option));
    }
    return some;
  }

  @Override
  public List<R> oneOf(List<Integer> goals) {
    Set<R> result = new LinkedHashSet<>();
    for (int i = 0; i < goals.size(); i++) {
      for (R rule : of(goals.get(i))) {
        result.addAll(alone(rule, goals, i));
        check(result.size());
      }
    }
    return new ArrayList<>(result);
  }

  /** The values of {@code rule} that meet no goal but the one at {@code own}. */
  private List<R> alone(R rule, List<Integer> goals, int own) {
    List<R> result = List.of(rule);
    for (int j = 0; j < goals.size() && !result.isEmpty(); j++) {
      if (j != own && !excluded(rule, goals.get(j))) {
        result = both(result, of(semantics.goals().not(goals.get(j))));
      }
    }
    return result;
  }

  /** Whether nothing follows {@code rule} and meets {@code goal}. */
  private boolean excluded(R rule, int goal) {
    for (R other : of(goal)) {
      semantics.budget().spend(10);
      if (isPossible(rule, other)) {
        return false;
      }
    }
    return true;
  }
}
