package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import ai.kolm.grammar.schema.ObjectRule.Implication;
import ai.kolm.grammar.schema.ObjectRule.KeyGoal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * An {@link ObjectRule} made ready to be followed key by key: its explicit keys are numbered, all
 * other keys are parted into languages within which the same goals apply.
 */
final class ObjectMachine {
  private static final int MAX_DEBTS = 6;

  final ObjectRule rule;
  final String[] names;

  /** Per name, the ways to have it. */
  final List<List<KeyOption>> named = new ArrayList<>();

  /** Keys without a name. */
  final List<KeyOption> others = new ArrayList<>();

  final BitSet required = new BitSet();

  /** If name {@code [0]} is there, so must be name {@code [1]}. */
  final List<int[]> implications = new ArrayList<>();

  /** Whether what is left to do depends only on which names are missing and how many keys. */
  final boolean simple;

  ObjectMachine(ObjectRule rule, Semantics semantics) {
    this.rule = rule;
    RegexAlgebra algebra = semantics.algebra();
    if (rule.debts().size() > MAX_DEBTS) {
      throw SchemaErrors.tooComplex(
          "alternatives", "", "more than " + MAX_DEBTS + " things some key must satisfy");
    }
    Set<String> keys = new LinkedHashSet<>(rule.named().keySet());
    keys.addAll(rule.required());
    for (Implication implication : rule.implications()) {
      keys.add(implication.key());
      keys.add(implication.other());
    }
    names = keys.toArray(String[]::new);
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < names.length; i++) {
      numbers.put(names[i], i);
      addNamed(i, semantics);
    }
    for (String key : rule.required()) {
      required.set(Objects.requireNonNull(numbers.get(key), key));
    }
    for (Implication implication : rule.implications()) {
      implications.add(
          new int[] {numbers.get(implication.key()), numbers.get(implication.other())});
    }
    int rest =
        names.length == 0 ? RegexAlgebra.ANY_TEXT : algebra.not(semantics.texts().literals(keys));
    part(rest, Goals.ANYTHING, 0, 0, semantics);
    boolean counted = rule.min() > 0 || rule.max() < Integer.MAX_VALUE;
    simple = rule.debts().isEmpty() && (implications.isEmpty() || !counted);
  }

  /** The number of a name; -1 if the key has none. */
  int number(String key) {
    return Arrays.asList(names).indexOf(key);
  }

  private void addNamed(int number, Semantics semantics) {
    String name = names[number];
    int goal = rule.named().getOrDefault(name, Goals.ANYTHING);
    for (KeyGoal pattern : rule.patterns()) {
      if (semantics.algebra().matches(pattern.keys(), name)) {
        goal = semantics.goals().both(goal, pattern.goal());
      }
    }
    int payable = 0;
    for (int i = 0; i < rule.debts().size(); i++) {
      if (semantics.algebra().matches(rule.debts().get(i).keys(), name)) {
        payable |= 1 << i;
      }
    }
    List<KeyOption> ways = new ArrayList<>();
    pay(semantics.algebra().literal(name), goal, number, payable, ways, semantics);
    named.add(ways);
  }

  /** Parts a language of keys by the patterns from {@code next} on, then by the debts. */
  private void part(int keys, int goal, int next, int payable, Semantics semantics) {
    semantics.budget().spend(20);
    RegexAlgebra algebra = semantics.algebra();
    if (goal == Goals.NOTHING || !algebra.isSatisfiable(keys)) {
      return;
    }
    int patterns = rule.patterns().size();
    if (next == patterns + rule.debts().size()) {
      pay(keys, goal, -1, payable, others, semantics);
      return;
    }
    boolean debt = next >= patterns;
    KeyGoal pattern = debt ? rule.debts().get(next - patterns) : rule.patterns().get(next);
    int inside = meet(algebra, keys, pattern.keys());
    int outside =
        inside == keys ? RegexAlgebra.EMPTY : meet(algebra, keys, algebra.not(pattern.keys()));
    int more = debt ? goal : semantics.goals().both(goal, pattern.goal());
    int bits = debt ? payable | 1 << (next - patterns) : payable;
    part(inside, more, next + 1, bits, semantics);
    part(outside, goal, next + 1, payable, semantics);
  }

  /**
   * The keys that are in both, written without the names that are not: where "all other keys" are
   * those of {@code x-} or some names, the names being taken, only the former are left. Then it is
   * seen that one of them is always left.
   */
  private static int meet(RegexAlgebra algebra, int keys, int pattern) {
    int[] parts = Shapes.alternatives(algebra, pattern);
    if (parts.length == 1) {
      return algebra.intersect(keys, pattern);
    }
    int[] left = new int[parts.length];
    int size = 0;
    for (int part : parts) {
      boolean finite = algebra.longest(part) < RegexAlgebra.UNBOUNDED;
      if (!finite || algebra.isSatisfiable(algebra.intersect(keys, part))) {
        left[size++] = part;
      }
    }
    return algebra.intersect(keys, algebra.union(Arrays.copyOf(left, size)));
  }

  /** Adds one option for every set of debts that the key's value may be chosen to pay. */
  private void pay(
      int keys, int goal, int name, int payable, List<KeyOption> to, Semantics semantics) {
    int always = 0;
    for (int i = 0; i < rule.debts().size(); i++) {
      boolean free = semantics.goals().both(goal, rule.debts().get(i).goal()) == goal;
      always |= free ? payable & 1 << i : 0;
    }
    int chosen = payable & ~always;
    for (int set = chosen; ; set = (set - 1) & chosen) {
      int more = goal;
      for (int i = 0; i < rule.debts().size(); i++) {
        if ((set & 1 << i) != 0) {
          more = semantics.goals().both(more, rule.debts().get(i).goal());
        }
      }
      if (more != Goals.NOTHING) {
        to.add(new KeyOption(keys, more, name, set | always));
      }
      if (set == 0) {
        return;
      }
    }
  }
}
