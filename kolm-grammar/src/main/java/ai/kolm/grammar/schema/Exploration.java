package ai.kolm.grammar.schema;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * Works out every goal that an answer can get to, so that whatever a schema is refused for is found
 * before the first token.
 */
final class Exploration {
  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final UniqueItems uniqueItems;
  private final BitSet seen = new BitSet();
  private final Deque<Integer> open = new ArrayDeque<>();

  Exploration(
      Semantics semantics, ObjectStates objects, ArrayStates arrays, UniqueItems uniqueItems) {
    this.semantics = semantics;
    this.objects = objects;
    this.arrays = arrays;
    this.uniqueItems = uniqueItems;
  }

  void from(int goal) {
    add(goal);
    while (!open.isEmpty()) {
      int next = open.pop();
      semantics.scalars(next);
      for (ObjectRule rule : semantics.objects(next)) {
        ObjectMachine machine = objects.get(objects.start(rule)).machine();
        machine.named.forEach(this::addAll);
        addAll(machine.others);
      }
      for (ArrayRule rule : semantics.arrays(next)) {
        addItems(rule);
      }
    }
  }

  private void addAll(List<KeyOption> options) {
    for (KeyOption option : options) {
      add(option.goal());
    }
  }

  private void addItems(ArrayRule rule) {
    arrays.start(rule);
    uniqueItems.check(rule);
    for (int goal : rule.prefix()) {
      addCounted(rule, goal, 0);
    }
    addCounted(rule, rule.rest(), 0);
  }

  private void addCounted(ArrayRule rule, int goal, int next) {
    if (next == rule.contains().size()) {
      add(goal);
      return;
    }
    ArrayRule.Contains contains = rule.contains().get(next);
    addCounted(rule, goal, next + 1);
    addCounted(rule, semantics.goals().both(goal, contains.goal()), next + 1);
    if (contains.max() < Integer.MAX_VALUE) {
      addCounted(rule, semantics.goals().both(goal, contains.opposite()), next + 1);
    }
  }

  private void add(int goal) {
    semantics.budget().spend(1);
    if (!seen.get(goal)) {
      seen.set(goal);
      open.push(goal);
    }
  }
}
