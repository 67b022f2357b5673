package ai.kolm.grammar.schema;

import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The door to a schema for the automaton that reads JSON: goals of values, states of objects and
 * arrays, all ints. Only what can be completed is ever offered.
 *
 * <p>For one thread at a time.
 */
public final class Structure {
  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final ValueSets values;
  private final Completion completion;
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
    values = new ValueSets(algebra, numbers);
    ValueCounts counts = new ValueCounts(semantics, values, languages);
    arrays = new ArrayStates(semantics, counts);
    completion = new Completion(semantics, objects, arrays, values, counts);
  }

  /**
   * Works out everything that an answer can get to.
   *
   * @throws ai.kolm.grammar.GrammarException if any of it cannot be enforced
   */
  public void explore() {
    new Exploration(semantics, objects, arrays).from(semantics.root());
  }

  /** The goal of the whole answer. */
  public int root() {
    return semantics.root();
  }

  /** Whether some value nested at most {@code levels} deep meets {@code goal}. */
  public boolean isMet(int goal, int levels) {
    return completion.isMet(goal, levels);
  }

  /** The scalars that meet {@code goal}. */
  public Scalars scalars(int goal) {
    return semantics.scalars(goal);
  }

  /** The scalars that meet {@code goal} as the next item of an array. */
  public Scalars scalarsOfItem(int goal, int array) {
    return values.without(semantics.scalars(goal), arrays.get(array).values());
  }

  /** The states of objects, nested at most {@code levels} deep inside, that may meet the goal. */
  public List<Integer> objectStarts(int goal, int levels) {
    List<Integer> starts = new ArrayList<>();
    for (ObjectRule rule : semantics.objects(goal)) {
      int start = objects.start(rule);
      if (completion.isCompletable(start, levels)) {
        starts.add(start);
      }
    }
    return starts;
  }

  /** The states of arrays, nested at most {@code levels} deep inside, that may meet the goal. */
  public List<Integer> arrayStarts(int goal, int levels) {
    List<Integer> starts = new ArrayList<>();
    for (ArrayRule rule : semantics.arrays(goal)) {
      int start = arrays.start(rule);
      if (completion.isArrayCompletable(start, levels)) {
        starts.add(start);
      }
    }
    return starts;
  }

  /** The keys that may come next. */
  public List<KeyOption> keyOptions(int object, int levels) {
    return keyOptions.computeIfAbsent(
        (long) object << 16 | levels, key -> completion.keyOptions(object, levels));
  }

  /** The items that may come next. */
  public List<ItemOption> itemOptions(int array, int levels) {
    return itemOptions.computeIfAbsent(
        (long) array << 16 | levels, key -> completion.itemOptions(array, levels));
  }

  /** Whether the object may end here. */
  public boolean isObjectClosable(int object) {
    return objects.isClosable(object);
  }

  /** Whether the array may end here. */
  public boolean isArrayClosable(int array) {
    return arrays.isClosable(array);
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
    return arrays.get(array).unknown();
  }

  /** Whether the text of a string among unique items must be kept. */
  public boolean mustKeepItem(int strings) {
    return !languages.isEndlessEverywhere(strings);
  }

  /** The array with a string among its items; null if its text has not been kept. */
  public int withString(int array, @Nullable String value) {
    ArrayStates.State state = arrays.get(array);
    return value == null
        ? arrays.withValues(array, state.values(), true)
        : arrays.withValues(array, values.withString(state.values(), value), state.unknown());
  }

  /** The array with a number, null, true or false among its items. */
  public int withPlain(int array, String written) {
    ArrayStates.State state = arrays.get(array);
    return arrays.withValues(array, values.withPlain(state.values(), written), state.unknown());
  }

  /** The languages this is made of. */
  public RegexAlgebra algebra() {
    return algebra;
  }
}
