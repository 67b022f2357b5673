package ai.kolm.grammar.schema;

import ai.kolm.grammar.schema.ArrayRule.Contains;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How far arrays have come, as interned ints. */
final class ArrayStates {
  private static final int MAX_CONTAINS = 6;

  /**
   * One state.
   *
   * @param index items so far, as far as that matters
   * @param counts per {@code contains}, the items found, as far as that matters
   * @param values for unique items: the items so far, a number of {@link ValueSets}
   */
  record State(ArrayRule rule, int index, int[] counts, int values) {
    @Override
    public boolean equals(Object other) {
      return other instanceof State s
          && index == s.index
          && values == s.values
          && Arrays.equals(counts, s.counts)
          && rule.equals(s.rule);
    }

    @Override
    public int hashCode() {
      return ((rule.hashCode() * 31 + index) * 31 + values) * 31 + Arrays.hashCode(counts);
    }
  }

  private final Semantics semantics;
  private final Map<State, Integer> ids = new HashMap<>();
  private final List<State> states = new ArrayList<>();

  ArrayStates(Semantics semantics) {
    this.semantics = semantics;
  }

  int start(ArrayRule rule) {
    if (rule.contains().size() > MAX_CONTAINS) {
      throw SchemaErrors.tooComplex(
          "alternatives", "", "more than " + MAX_CONTAINS + " kinds of items to count");
    }
    int[] counts = new int[rule.contains().size()];
    return intern(new State(rule, 0, counts, ValueSets.EMPTY));
  }

  State get(int state) {
    return states.get(state);
  }

  private int intern(State state) {
    Integer known = ids.get(state);
    if (known != null) {
      return known;
    }
    semantics.budget().spend(10);
    if (states.size() >= semantics.limits().states()) {
      throw SchemaErrors.tooComplex("states", "", "too many states of arrays");
    }
    ids.put(state, states.size());
    states.add(state);
    return states.size() - 1;
  }

  boolean isClosable(int id) {
    State state = states.get(id);
    if (state.index < state.rule.min()) {
      return false;
    }
    for (int i = 0; i < state.counts.length; i++) {
      if (state.counts[i] < state.rule.contains().get(i).min()) {
        return false;
      }
    }
    return true;
  }

  /** An array without duplicates that has these items by now. */
  int withValues(int id, int values) {
    State s = states.get(id);
    return intern(new State(s.rule, s.index, s.counts, values));
  }

  /** The ways to have one more item, possible or not. */
  List<ItemOption> options(int id) {
    State state = states.get(id);
    if (state.index >= state.rule.max()) {
      return List.of();
    }
    List<ItemOption> options = new ArrayList<>();
    add(state, 0, state.rule.goal(state.index), state.counts.clone(), options);
    return options;
  }

  private void add(State state, int next, int goal, int[] counts, List<ItemOption> options) {
    if (goal == Goals.NOTHING) {
      return;
    }
    ArrayRule rule = state.rule;
    if (next == counts.length) {
      int index = Math.min(state.index + 1, enough(rule));
      State behind = new State(rule, index, counts.clone(), state.values);
      options.add(new ItemOption(goal, intern(behind)));
      return;
    }
    Contains contains = rule.contains().get(next);
    boolean endless = contains.max() == Integer.MAX_VALUE;
    int before = counts[next];
    if (state.index < contains.from() || (endless && before >= contains.min())) {
      add(state, next + 1, goal, counts, options);
      return;
    }
    if (before < contains.max()) {
      counts[next]++;
      add(state, next + 1, semantics.goals().both(goal, contains.goal()), counts, options);
      counts[next]--;
    }
    int other = endless ? goal : semantics.goals().both(goal, contains.opposite());
    add(state, next + 1, other, counts, options);
  }

  private static int enough(ArrayRule rule) {
    int enough = Math.max(rule.prefix().size(), rule.min());
    for (Contains contains : rule.contains()) {
      enough = Math.max(enough, contains.from());
    }
    return rule.max() < Integer.MAX_VALUE ? Math.max(enough, rule.max()) : enough;
  }
}
