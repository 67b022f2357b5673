package ai.kolm.grammar.schema;

import ai.kolm.grammar.schema.ArrayRule.Contains;
import ai.kolm.grammar.schema.ObjectRule.KeyGoal;
import java.util.HashMap;
import java.util.Map;

/**
 * Quick proofs that nothing follows a rule. "Possible" may be wrong, "impossible" never is: what is
 * asked while it is being worked out counts as possible.
 */
final class Possibility {
  /** Thrown where an answer needs what is being worked out. */
  static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown() {
      super("unknown", null, false, false);
    }
  }

  private static final int DEPTH = 4;

  private final Semantics semantics;
  private final Map<Integer, Boolean> known = new HashMap<>();
  private int active;

  Possibility(Semantics semantics) {
    this.semantics = semantics;
  }

  /** Whether a question is being asked from here, so that {@link Unknown} is caught. */
  boolean isAsking() {
    return active > 0;
  }

  /** Of an object that follows two rules. */
  boolean of(ObjectRule a, ObjectRule b) {
    return of(a, b, DEPTH);
  }

  boolean of(ArrayRule rule) {
    return of(rule, DEPTH);
  }

  private boolean of(ObjectRule a, ObjectRule b, int depth) {
    int max = Math.min(a.max(), b.max());
    if (Math.max(a.min(), b.min()) > max || !requiredOf(a, b, depth) || !debtsOf(a, b, depth)) {
      return false;
    }
    long both = a.required().stream().filter(b.required()::contains).count();
    return a.required().size() + b.required().size() - both <= max;
  }

  /** Whether the keys that {@code a} or {@code b} requires can have a value. */
  private boolean requiredOf(ObjectRule a, ObjectRule b, int depth) {
    for (String key : a.required()) {
      if (!of(semantics.goals().both(goal(a, key), goal(b, key)), depth - 1)) {
        return false;
      }
    }
    for (String key : b.required()) {
      if (!a.required().contains(key)
          && !of(semantics.goals().both(goal(a, key), goal(b, key)), depth - 1)) {
        return false;
      }
    }
    return true;
  }

  private boolean debtsOf(ObjectRule a, ObjectRule b, int depth) {
    return a.debts().stream().allMatch(debt -> of(debt.goal(), depth - 1))
        && b.debts().stream().allMatch(debt -> of(debt.goal(), depth - 1));
  }

  private int goal(ObjectRule rule, String key) {
    int goal = rule.named().getOrDefault(key, Goals.ANYTHING);
    for (KeyGoal pattern : rule.patterns()) {
      if (goal != Goals.NOTHING && semantics.algebra().matches(pattern.keys(), key)) {
        goal = semantics.goals().both(goal, pattern.goal());
      }
    }
    return goal;
  }

  private boolean of(ArrayRule rule, int depth) {
    if (rule.isHopeless()) {
      return false;
    }
    for (int i = 0; i < Math.min(rule.min(), rule.prefix().size() + 1); i++) {
      if (!of(rule.goal(i), depth - 1)) {
        return false;
      }
    }
    for (Contains contains : rule.contains()) {
      if (contains.min() > 0 && !of(contains.goal(), depth - 1)) {
        return false;
      }
    }
    return true;
  }

  private boolean of(int goal, int depth) {
    if (goal <= Goals.NOTHING) {
      return goal == Goals.ANYTHING;
    }
    Boolean answer = known.get(goal);
    if (answer != null) {
      return answer;
    }
    if (depth <= 0) {
      return true;
    }
    active++;
    try {
      boolean possible = compute(goal, depth);
      if (depth == DEPTH - 1 || !possible) {
        known.put(goal, possible);
      }
      return possible;
    } catch (Unknown e) {
      return true;
    } finally {
      active--;
    }
  }

  private boolean compute(int goal, int depth) {
    if (!semantics.scalars(goal).isEmpty(semantics.algebra())) {
      return true;
    }
    for (ObjectRule rule : semantics.objects(goal)) {
      if (of(rule, ObjectRule.ANY, depth)) {
        return true;
      }
    }
    for (ArrayRule rule : semantics.arrays(goal)) {
      if (of(rule, depth)) {
        return true;
      }
    }
    return false;
  }
}
