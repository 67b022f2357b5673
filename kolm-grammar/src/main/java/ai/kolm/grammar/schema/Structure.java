package ai.kolm.grammar.schema;

import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The door to a schema for the automaton that reads JSON: goals of values, states of objects and
 * arrays, all ints. Only what can be completed is ever offered. Where a value has to be none of
 * some others it is followed, too: how it goes on depends on what has been written of it.
 *
 * <p>For one thread at a time.
 */
public final class Structure {
  /** A value that need not be followed. */
  public static final int NO_VALUE = KnownValues.NONE;

  /** A value that has to be followed but is not known. */
  public static final int UNKNOWN_VALUE = KnownValues.UNKNOWN;

  /** The empty object, to be followed. */
  public static final int EMPTY_OBJECT = KnownValues.OBJECT;

  /** The empty array, to be followed. */
  public static final int EMPTY_ARRAY = KnownValues.ARRAY;

  /** The empty set of values. */
  public static final int NO_VALUES = ValueSets.EMPTY;

  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final KnownValues values = new KnownValues();
  private final ValueSets sets;
  private final Completion completion;
  private final Difference difference;
  private final Languages languages;
  private final RegexAlgebra algebra;
  private final Map<Long, List<KeyOption>> keyOptions = new HashMap<>();
  private final Map<Long, List<ItemOption>> itemOptions = new HashMap<>();

  /** The structure of the values that a schema asks for. */
  public Structure(Semantics semantics, RegexAlgebra algebra, Numbers numbers, Budget budget) {
    this.semantics = semantics;
    this.algebra = algebra;
    languages = new Languages(algebra, budget);
    boolean ordered = semantics.style().keyOrder() == JsonStyle.KeyOrder.DECLARED;
    objects = new ObjectStates(semantics, new TextSets(algebra), languages, ordered);
    arrays = new ArrayStates(semantics);
    sets = new ValueSets(algebra, numbers, values);
    completion = new Completion(semantics, objects, arrays, sets, values, languages);
    difference = completion.difference();
  }

  /**
   * Works out everything that an answer can get to.
   *
   * @throws ai.kolm.grammar.GrammarException if any of it cannot be enforced
   */
  public void explore() {
    new Exploration(semantics, objects, arrays, completion.uniqueItems()).from(semantics.root());
  }

  /** The goal of the whole answer. */
  public int root() {
    return semantics.root();
  }

  /** Whether some value nested at most {@code levels} deep meets {@code goal}. */
  public boolean isMet(int goal, int levels) {
    return completion.isMet(goal, levels);
  }

  /** The scalars that meet {@code goal} and are none of {@code others}. */
  public Scalars scalars(int goal, int others) {
    return sets.without(semantics.scalars(goal), others);
  }

  /**
   * The states of objects, nested at most {@code levels} deep inside, that may meet the goal and
   * become none of {@code others}.
   */
  public List<Integer> objectStarts(int goal, int others, int levels) {
    List<Integer> starts = new ArrayList<>();
    for (ObjectRule rule : semantics.objects(goal)) {
      int start = objects.start(rule);
      if (completion.isCompletable(start, levels)
          && difference.canObject(start, EMPTY_OBJECT, others, levels)) {
        starts.add(start);
      }
    }
    return starts;
  }

  /**
   * The states of arrays, nested at most {@code levels} deep inside, that may meet the goal and
   * become none of {@code others}.
   */
  public List<Integer> arrayStarts(int goal, int others, int levels) {
    List<Integer> starts = new ArrayList<>();
    for (ArrayRule rule : semantics.arrays(goal)) {
      int start = arrays.start(rule);
      if (completion.isArrayCompletable(start, levels)
          && difference.canArray(start, EMPTY_ARRAY, others, levels)) {
        starts.add(start);
      }
    }
    return starts;
  }

  /** The keys that may come next in an object that is to become none of {@code others}. */
  public List<KeyOption> keyOptions(int object, int value, int others, int levels) {
    return others == NO_VALUES
        ? keyOptions.computeIfAbsent(
            (long) object << 16 | levels, key -> completion.keyOptions(object, levels))
        : difference.keyOptions(object, value, others, levels);
  }

  /** The items that may come next in an array that is to become none of {@code others}. */
  public List<ItemOption> itemOptions(int array, int value, int others, int levels) {
    return others == NO_VALUES
        ? itemOptions.computeIfAbsent(
            (long) array << 16 | levels, key -> completion.itemOptions(array, levels))
        : difference.itemOptions(array, value, others, levels);
  }

  /** Whether the object may end here, as far as it is not to be different from others. */
  public boolean isObjectClosable(int object) {
    return objects.isClosable(object);
  }

  /** Whether the array may end here, as far as it is not to be different from others. */
  public boolean isArrayClosable(int array) {
    return arrays.isClosable(array);
  }

  /** Whether a value is none of {@code others}. */
  public boolean isNew(int value, int others) {
    return !sets.contains(others, value);
  }

  /** What the value that comes next in an object must not be. */
  public int excludedMember(int object, int value, int others, int levels) {
    return others == NO_VALUES
        ? NO_VALUES
        : difference.excludedMember(object, value, others, levels);
  }

  /** What the value that comes next in an array must not be. */
  public int excludedItem(int array, int value, int others, int levels) {
    return others == NO_VALUES
        ? arrays.get(array).values()
        : difference.excludedItem(array, value, others, levels);
  }

  /** The objects and arrays of a set of values, and what is not known of it. */
  public int structuresOf(int others) {
    return sets.structures(others);
  }

  /**
   * The object behind a key.
   *
   * @param text what the key means, if it has no name; null if it has not been kept
   */
  public int afterKey(int object, KeyOption option, @Nullable String text) {
    return objects.after(object, option, text);
  }

  /** Whether the text of a key must be kept, because soon enough it may matter. */
  public boolean mustKeep(KeyOption option) {
    return option.name() < 0 && !objects.mayForget(option);
  }

  /** Whether the object holds a key whose text has not been kept. */
  public boolean hasUnknownKey(int object) {
    return objects.get(object).unknown();
  }

  /** Whether the items of the array must all differ. */
  public boolean isUnique(int array) {
    return arrays.get(array).rule().unique();
  }

  /** Whether the array holds an item whose text has not been kept. */
  public boolean hasUnknownItem(int array) {
    return sets.contains(arrays.get(array).values(), KnownValues.UNKNOWN);
  }

  /** Whether it has been given up what items the array holds. */
  public boolean hasLostItems(int array) {
    return sets.contains(arrays.get(array).values(), KnownValues.LOST);
  }

  /** The array with its items, if there are any, given up. */
  public int withItemsLost(int array) {
    return arrays.get(array).values() == NO_VALUES
        ? array
        : arrays.withValues(array, sets.of(Set.of(KnownValues.LOST)));
  }

  /** Whether an object or array has become different from all others already. */
  public boolean isDifferent(int value, int others) {
    return difference.isDifferent(value, others);
  }

  /** Whether it is not known what an object or array has become equal to. */
  public boolean isUncertain(int value, int others) {
    return others != NO_VALUES
        && (value == KnownValues.UNKNOWN || sets.contains(others, KnownValues.UNKNOWN));
  }

  /** Whether only few strings meet a goal, so that the text of each must be kept. */
  public boolean mustKeepItem(int goal) {
    return !languages.isLarge(semantics.scalars(goal).strings());
  }

  /** A string of a language whose text has not been kept. */
  public int forgotten(int strings) {
    return languages.isEndlessEverywhere(strings) ? KnownValues.UNKNOWN : KnownValues.LOST;
  }

  /** The value of an object or array that ends. */
  public int ended(int value) {
    return value == KnownValues.UNKNOWN ? KnownValues.LOST : value;
  }

  /** A string that means this. */
  public int string(String meaning) {
    return values.text(meaning);
  }

  /** A number, null, true or false, as it was written. */
  public int plain(String written) {
    return values.plain(written);
  }

  /**
   * A value behind one more key.
   *
   * @param text of the key, if it has no name; null if it has not been kept
   */
  public int withKey(int value, int object, KeyOption option, @Nullable String text) {
    if (value == NO_VALUE) {
      return NO_VALUE;
    }
    ObjectMachine machine = objects.get(object).machine();
    return values.withKey(value, option.name() >= 0 ? machine.names[option.name()] : text);
  }

  /** A value with one more member or item. */
  public int with(int value, int inner) {
    return value == NO_VALUE ? NO_VALUE : values.with(value, inner);
  }

  /** The array behind an item. */
  public int afterItem(int array, int item) {
    return difference.with(array, item);
  }

  /** How many values are known. */
  public int size() {
    return values.size();
  }

  /** The languages this is made of. */
  public RegexAlgebra algebra() {
    return algebra;
  }
}
