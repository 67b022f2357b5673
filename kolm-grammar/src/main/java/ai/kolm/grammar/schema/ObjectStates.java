package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far objects have come, as interned ints. A state knows the keys seen, how many they are as
 * far as that matters, and the debts left.
 */
final class ObjectStates {
  /**
   * One state.
   *
   * @param seen named keys
   * @param others keys without a name, a number of {@link TextSets}
   * @param unknown whether there is one more of these, whose text has not been kept
   * @param count keys, as far as that matters
   * @param debts left, as bits
   * @param position in declared order, names below this are over
   */
  record State(
      ObjectMachine machine,
      BitSet seen,
      int others,
      boolean unknown,
      int count,
      int debts,
      int position) {

    @Override
    public boolean equals(Object other) {
      return other instanceof State s
          && machine == s.machine
          && others == s.others
          && unknown == s.unknown
          && count == s.count
          && debts == s.debts
          && position == s.position
          && seen.equals(s.seen);
    }

    @Override
    public int hashCode() {
      int hash = System.identityHashCode(machine) * 31 + seen.hashCode();
      hash = (hash * 31 + others) * 31 + count;
      return (hash * 31 + debts) * 31 + position + (unknown ? 7 : 0);
    }
  }

  private final Semantics semantics;
  private final boolean ordered;
  private final TextSets texts;
  private final Languages languages;
  private final Map<ObjectRule, ObjectMachine> machines = new HashMap<>();
  private final Map<State, Integer> ids = new HashMap<>();
  private final List<State> states = new ArrayList<>();

  ObjectStates(Semantics semantics, TextSets texts, Languages languages, boolean ordered) {
    this.semantics = semantics;
    this.texts = texts;
    this.languages = languages;
    this.ordered = ordered;
  }

  int start(ObjectRule rule) {
    ObjectMachine machine = machines.computeIfAbsent(rule, r -> new ObjectMachine(r, semantics));
    int debts = (1 << rule.debts().size()) - 1;
    return intern(new State(machine, new BitSet(), TextSets.EMPTY, false, 0, debts, 0));
  }

  State get(int state) {
    return states.get(state);
  }

  int size() {
    return states.size();
  }

  private int intern(State state) {
    Integer known = ids.get(state);
    if (known != null) {
      return known;
    }
    semantics.budget().spend(10);
    if (states.size() >= semantics.limits().states()) {
      throw SchemaErrors.tooComplex("states", "", "too many states of objects");
    }
    ids.put(state, states.size());
    states.add(state);
    return states.size() - 1;
  }

  /** Whether the object may end here. */
  boolean isClosable(int id) {
    State state = states.get(id);
    BitSet missing = missing(state);
    return missing.isEmpty() && state.debts == 0 && state.count >= state.machine.rule.min();
  }

  /** Whether the object has no more keys than it may. */
  boolean isSmallEnough(int id) {
    State state = states.get(id);
    return state.count <= state.machine.rule.max();
  }

  /** Of these keys the one that can come first: the order of names matters, if any does. */
  String first(State state, Collection<String> keys) {
    String first = null;
    int least = Integer.MAX_VALUE;
    for (String key : keys) {
      int number = state.machine.number(key);
      if (first == null || (number >= 0 && number < least)) {
        first = key;
        least = number < 0 ? Integer.MAX_VALUE : number;
      }
    }
    return Objects.requireNonNull(first, "no key");
  }

  /** The ways to have this key next. */
  List<KeyOption> ways(State state, String key) {
    int number = state.machine.number(key);
    if (number >= 0) {
      return isOpen(state, number) ? state.machine.named.get(number) : List.of();
    }
    return state.machine.others.stream()
        .filter(option -> semantics.algebra().matches(option.keys(), key))
        .toList();
  }

  /** The names that must still come. */
  BitSet missing(State state) {
    ObjectMachine machine = state.machine;
    BitSet missing = (BitSet) machine.required.clone();
    if (!machine.implications.isEmpty()) {
      BitSet there = (BitSet) machine.required.clone();
      there.or(state.seen);
      boolean grown = true;
      while (grown) {
        grown = false;
        for (int[] implication : machine.implications) {
          if (there.get(implication[0]) && !there.get(implication[1])) {
            there.set(implication[1]);
            missing.set(implication[1]);
            grown = true;
          }
        }
      }
    }
    missing.andNot(state.seen);
    return missing;
  }

  /** Whether name {@code number} may come, as far as order and repetition go. */
  boolean isOpen(State state, int number) {
    return !state.seen.get(number) && number >= state.position;
  }

  /** Whether one key more never keeps others from coming, as far as not their order does. */
  boolean neverBlocks(ObjectMachine machine) {
    ObjectRule rule = machine.rule;
    return machine.simple
        && machine.implications.isEmpty()
        && rule.min() == 0
        && rule.max() == Integer.MAX_VALUE;
  }

  /** Whether no name that must still come is passed over in the declared order. */
  boolean passesNothing(State state, KeyOption option) {
    if (!ordered) {
      return true;
    }
    int first = missing(state).nextSetBit(0);
    return first < 0 || (option.name() >= 0 && option.name() <= first);
  }

  /** The language of the keys of an option without a name, without those already there. */
  int keys(State state, KeyOption option) {
    return state.others == TextSets.EMPTY
        ? option.keys()
        : semantics.algebra().intersect(option.keys(), texts.others(state.others));
  }

  /** Whether the text of a key without a name need not be kept to know what may follow soon. */
  boolean mayForget(KeyOption option) {
    return languages.isEndlessEverywhere(option.keys());
  }

  /**
   * The state behind a key.
   *
   * @param text the key, if it has no name; null if it has not been kept
   */
  int after(int id, KeyOption option, @Nullable String text) {
    State state = states.get(id);
    ObjectMachine machine = state.machine;
    int min = machine.rule.min();
    int max = machine.rule.max();
    int enough = max < Integer.MAX_VALUE ? Math.max(min, max) + 1 : min;
    int count = Math.min(state.count + 1, enough);
    int debts = state.debts & ~option.paid();
    if (option.name() >= 0) {
      BitSet seen = (BitSet) state.seen.clone();
      seen.set(option.name());
      int position = ordered ? option.name() + 1 : 0;
      return intern(new State(machine, seen, state.others, state.unknown, count, debts, position));
    }
    int position = ordered ? machine.names.length : 0;
    int others = text == null ? state.others : texts.with(state.others, text);
    boolean unknown = state.unknown || text == null;
    return intern(new State(machine, state.seen, others, unknown, count, debts, position));
  }

  /** A text for trying out an option without a name: null where any will do. */
  @Nullable String example(State state, KeyOption option) {
    return mayForget(option) ? null : languages.example(keys(state, option));
  }

  /** How many keys without a name may still come, at most {@code enough}. */
  long countOthers(State state, KeyOption option, long enough) {
    if (languages.isEndlessEverywhere(option.keys())) {
      return enough;
    }
    return languages.count(keys(state, option), enough);
  }

  /** Whether the language of an option is used up. */
  boolean isUsedUp(State state, KeyOption option) {
    return !semantics.algebra().isSatisfiable(keys(state, option))
        || keys(state, option) == RegexAlgebra.EMPTY;
  }
}
