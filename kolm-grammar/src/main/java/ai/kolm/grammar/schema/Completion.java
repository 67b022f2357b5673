package ai.kolm.grammar.schema;

import ai.kolm.grammar.schema.ArrayRule.Contains;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a goal can be met, and what has been begun can be ended, with values nested no deeper
 * than so many levels. Every step into a value takes one level, so the questions end by themselves;
 * answers are monotonic in the level and are kept, from the lowest level up: the least fixpoint,
 * computed from below. Exact; where that takes too long the fuel runs out.
 */
final class Completion {
  private static final int MAX_STEPS = 400;

  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final Difference difference;
  private final UniqueItems uniqueItems;

  /** The lowest level at which a goal can be met, once known. */
  private final Map<Integer, Integer> met = new HashMap<>();

  /** The highest level at which a goal cannot be met, as far as known. */
  private final Map<Integer, Integer> unmet = new HashMap<>();

  private final Map<Long, Boolean> objectAnswers = new HashMap<>();
  private final Map<Long, Boolean> arrayAnswers = new HashMap<>();

  Completion(
      Semantics semantics,
      ObjectStates objects,
      ArrayStates arrays,
      ValueSets values,
      KnownValues known,
      Languages languages) {
    this.semantics = semantics;
    this.objects = objects;
    this.arrays = arrays;
    difference = new Difference(semantics, objects, arrays, values, known, languages, this);
    uniqueItems = new UniqueItems(semantics, objects, arrays, values, languages, this);
  }

  /** Whether values can become different, by the same measures. */
  Difference difference() {
    return difference;
  }

  /** How many different values there are, by the same measures. */
  UniqueItems uniqueItems() {
    return uniqueItems;
  }

  /** Whether some value nested at most {@code levels} deep meets {@code goal}; scalars: 0. */
  boolean isMet(int goal, int levels) {
    if (goal <= Goals.NOTHING) {
      return goal == Goals.ANYTHING;
    }
    Integer known = met.get(goal);
    if (known != null) {
      return known <= levels;
    }
    for (int level = unmet.getOrDefault(goal, -1) + 1; level <= levels; level++) {
      semantics.budget().spend(5);
      if (computeMet(goal, level)) {
        met.put(goal, level);
        return true;
      }
      unmet.put(goal, level);
    }
    return false;
  }

  private boolean computeMet(int goal, int level) {
    if (level == 0) {
      return !semantics.scalars(goal).isEmpty(semantics.algebra());
    }
    for (ObjectRule rule : semantics.objects(goal)) {
      if (isCompletable(objects.start(rule), level - 1)) {
        return true;
      }
    }
    for (ArrayRule rule : semantics.arrays(goal)) {
      if (isArrayCompletable(arrays.start(rule), level - 1)) {
        return true;
      }
    }
    return false;
  }

  /** Whether an object can be ended with values nested at most {@code levels} deep. */
  boolean isCompletable(int id, int levels) {
    ObjectStates.State state = objects.get(id);
    return state.machine().simple ? simple(state, levels) : search(id, levels, 0);
  }

  private boolean simple(ObjectStates.State state, int levels) {
    ObjectMachine machine = state.machine();
    BitSet missing = objects.missing(state);
    for (int i = missing.nextSetBit(0); i >= 0; i = missing.nextSetBit(i + 1)) {
      if (!objects.isOpen(state, i) || !anyMet(machine.named.get(i), levels)) {
        return false;
      }
    }
    int needed = missing.cardinality();
    if (state.count() + needed > machine.rule.max()) {
      return false;
    }
    long extra = (long) machine.rule.min() - state.count() - needed;
    if (extra <= 0) {
      return true;
    }
    for (int i = 0; i < machine.names.length && extra > 0; i++) {
      boolean usable = !missing.get(i) && objects.isOpen(state, i);
      extra -= usable && anyMet(machine.named.get(i), levels) ? 1 : 0;
    }
    for (KeyOption option : machine.others) {
      if (extra > 0 && isMet(option.goal(), levels)) {
        extra -= objects.countOthers(state, option, extra);
      }
    }
    return extra <= 0;
  }

  private boolean anyMet(List<KeyOption> ways, int levels) {
    for (KeyOption way : ways) {
      if (isMet(way.goal(), levels)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Depth-first through the states of an object whose keys depend on each other. Only keys are
   * tried that help: what a path with other keys leads to, it leads to without them. So every step
   * leaves less to do.
   */
  private boolean search(int id, int levels, int steps) {
    if (objects.isClosable(id)) {
      return objects.isSmallEnough(id);
    }
    long key = (long) id << 16 | levels;
    Boolean known = objectAnswers.get(key);
    if (known != null) {
      return known;
    }
    if (steps > MAX_STEPS) {
      throw SchemaErrors.tooComplex("depth", "", "an object that needs too many keys");
    }
    boolean found = false;
    for (KeyOption option : helpful(id)) {
      semantics.budget().spend(20);
      if (isMet(option.goal(), levels)) {
        String text = option.name() >= 0 ? null : objects.example(objects.get(id), option);
        if (search(objects.after(id, option, text), levels, steps + 1)) {
          found = true;
          break;
        }
      }
    }
    objectAnswers.put(key, found);
    return found;
  }

  /**
   * The keys that may come next and help: missing ones and those that pay debts first, then, where
   * too few keys are there, the others.
   */
  private List<KeyOption> helpful(int id) {
    ObjectStates.State state = objects.get(id);
    ObjectRule rule = state.machine().rule;
    if (state.count() >= rule.max()) {
      return List.of();
    }
    BitSet missing = objects.missing(state);
    List<KeyOption> helpful = new ArrayList<>();
    List<KeyOption> others = new ArrayList<>();
    for (KeyOption option : candidates(state)) {
      boolean first =
          (option.name() >= 0 && missing.get(option.name()))
              || (option.paid() & state.debts()) != 0;
      (first ? helpful : others).add(option);
    }
    if (state.count() < rule.min()) {
      helpful.addAll(others);
    }
    return helpful;
  }

  private List<KeyOption> candidates(ObjectStates.State state) {
    ObjectMachine machine = state.machine();
    List<KeyOption> all = new ArrayList<>();
    for (int i = 0; i < machine.names.length; i++) {
      if (objects.isOpen(state, i)) {
        all.addAll(machine.named.get(i));
      }
    }
    for (KeyOption option : machine.others) {
      if (!objects.isUsedUp(state, option)) {
        all.add(option);
      }
    }
    return all;
  }

  /** The keys that may come next with values nested at most {@code levels} deep. */
  List<KeyOption> keyOptions(int id, int levels) {
    ObjectStates.State state = objects.get(id);
    List<KeyOption> options = new ArrayList<>();
    if (state.count() >= state.machine().rule.max()) {
      return options;
    }
    boolean never = objects.neverBlocks(state.machine()) && isCompletable(id, levels);
    for (KeyOption option : candidates(state)) {
      semantics.budget().spend(2);
      if (!isMet(option.goal(), levels)) {
        continue;
      }
      if (staysCompletable(id, state, option, levels, never)) {
        options.add(
            option.name() >= 0
                ? option
                : new KeyOption(objects.keys(state, option), option.goal(), -1, option.paid()));
      }
    }
    return options;
  }

  /**
   * Whether an object can still be ended when it has one more key.
   *
   * @param never whether a key cannot stand in the way of others, unless by its place
   */
  private boolean staysCompletable(
      int id, ObjectStates.State state, KeyOption option, int levels, boolean never) {
    if (never) {
      return objects.passesNothing(state, option);
    }
    String text = option.name() >= 0 ? null : objects.example(state, option);
    return isCompletable(objects.after(id, option, text), levels);
  }

  /** Whether an array can be ended with items nested at most {@code levels} deep. */
  boolean isArrayCompletable(int id, int levels) {
    ArrayStates.State state = arrays.get(id);
    return state.rule().contains().isEmpty() ? simple(state, levels) : searchArray(id, levels, 0);
  }

  private boolean simple(ArrayStates.State state, int levels) {
    ArrayRule rule = state.rule();
    int missing = rule.min() - state.index();
    if (missing <= 0) {
      return true;
    }
    if (rule.min() > rule.max()) {
      return false;
    }
    if (rule.unique()) {
      return uniqueItems.left(rule.rest(), state.values(), missing, levels) >= missing;
    }
    int end = Math.min(rule.min(), rule.prefix().size() + 1);
    for (int i = state.index(); i < end; i++) {
      if (!isMet(rule.goal(i), levels)) {
        return false;
      }
    }
    return state.index() < end || isMet(rule.rest(), levels);
  }

  private boolean searchArray(int id, int levels, int steps) {
    if (arrays.isClosable(id)) {
      return true;
    }
    long key = (long) id << 16 | levels;
    Boolean known = arrayAnswers.get(key);
    if (known != null) {
      return known;
    }
    if (steps > MAX_STEPS) {
      throw SchemaErrors.tooComplex("depth", "", "an array that needs too many items");
    }
    boolean found = false;
    for (ItemOption option : arrays.options(id)) {
      semantics.budget().spend(20);
      boolean stays = option.next() == id;
      if (!stays
          && !isOverdue(option.next())
          && isMet(option.goal(), levels)
          && searchArray(option.next(), levels, steps + 1)) {
        found = true;
        break;
      }
    }
    arrayAnswers.put(key, found);
    return found;
  }

  private boolean isOverdue(int id) {
    ArrayStates.State state = arrays.get(id);
    for (int i = 0; i < state.counts().length; i++) {
      Contains contains = state.rule().contains().get(i);
      if (state.counts()[i] > contains.max()) {
        return true;
      }
    }
    return false;
  }

  /** The items that may come next, nested at most {@code levels} deep. */
  List<ItemOption> itemOptions(int id, int levels) {
    ArrayStates.State state = arrays.get(id);
    List<ItemOption> options = new ArrayList<>();
    for (ItemOption option : arrays.options(id)) {
      semantics.budget().spend(2);
      if (difference.exists(option.goal(), state.values(), levels)
          && isNextCompletable(state, option, levels)) {
        options.add(option);
      }
    }
    return options;
  }

  private boolean isNextCompletable(ArrayStates.State state, ItemOption option, int levels) {
    if (!state.rule().unique()) {
      return isArrayCompletable(option.next(), levels);
    }
    // The item will be one of those left; which one makes no difference to how many are left then.
    int missing = state.rule().min() - state.index();
    return uniqueItems.left(state.rule().rest(), state.values(), missing, levels) >= missing
        && (state.rule().contains().isEmpty() || isArrayCompletable(option.next(), levels));
  }
}
