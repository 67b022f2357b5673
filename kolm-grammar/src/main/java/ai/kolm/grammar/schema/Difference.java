package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.schema.KnownValues.Items;
import ai.kolm.grammar.schema.KnownValues.Members;
import ai.kolm.grammar.schema.KnownValues.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Values that must be none of some others: items of an array without duplicates. A scalar is simply
 * of a language without the others. An object or array is followed while it is like the beginning
 * of some other: each member that differs leaves fewer that it may still become equal to. It may
 * end unless it is one of them; and what must not come is a member with which it would have to
 * become one of them. That is asked for the few values that the others have there, all else makes a
 * difference.
 *
 * <p>Exact, and asked of the same states of objects and arrays that are followed anyhow. Others are
 * numbers of {@link ValueSets}, what has been begun is one of {@link KnownValues}.
 */
final class Difference {
  private record Question(boolean array, int state, int open, int others, int levels) {}

  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final ValueSets sets;
  private final KnownValues values;
  private final Languages languages;
  private final Completion completion;
  private final Map<Question, Boolean> answers = new HashMap<>();

  Difference(
      Semantics semantics,
      ObjectStates objects,
      ArrayStates arrays,
      ValueSets sets,
      KnownValues values,
      Languages languages,
      Completion completion) {
    this.semantics = semantics;
    this.objects = objects;
    this.arrays = arrays;
    this.sets = sets;
    this.values = values;
    this.languages = languages;
    this.completion = completion;
  }

  /** Whether some value nested at most {@code levels} deep meets a goal and is none of others. */
  boolean exists(int goal, int others, int levels) {
    if (others == ValueSets.EMPTY) {
      return completion.isMet(goal, levels);
    }
    Scalars scalars = semantics.scalars(goal);
    return (languages.isLarge(scalars.strings()) && sets.members(others).size() < Languages.MANY)
        || !sets.without(scalars, others).isEmpty(semantics.algebra())
        || existsStructure(goal, others, levels);
  }

  /** Whether some object or array does. */
  boolean existsStructure(int goal, int others, int levels) {
    if (levels < 1) {
      return false;
    }
    for (ObjectRule rule : semantics.objects(goal)) {
      int start = objects.start(rule);
      if (completion.isCompletable(start, levels - 1)
          && canObject(start, KnownValues.OBJECT, others, levels - 1)) {
        return true;
      }
    }
    for (ArrayRule rule : semantics.arrays(goal)) {
      int start = arrays.start(rule);
      if (completion.isArrayCompletable(start, levels - 1)
          && canArray(start, KnownValues.ARRAY, others, levels - 1)) {
        return true;
      }
    }
    return false;
  }

  // Objects.

  /** The others that an object may still become equal to. */
  private List<Members> like(int open, int others) {
    List<Members> like = new ArrayList<>();
    if (others != ValueSets.EMPTY && values.get(open) instanceof Members begun) {
      for (int other : new TreeSet<>(sets.members(others))) {
        if (values.get(other) instanceof Members members
            && members.members().entrySet().containsAll(begun.members().entrySet())) {
          like.add(members);
        }
      }
    }
    return like;
  }

  /** Whether what has been begun has become different from all others already. */
  boolean isDifferent(int open, int others) {
    return open != KnownValues.UNKNOWN
        && !sets.contains(others, KnownValues.UNKNOWN)
        && like(open, others).isEmpty()
        && likeArray(open, others).isEmpty();
  }

  /** Whether an object that can be ended can be ended as none of others. */
  boolean canObject(int state, int open, int others, int levels) {
    if (others == ValueSets.EMPTY
        || (objects.isClosable(state) && !sets.contains(others, open))
        || like(open, others).isEmpty()) {
      return true;
    }
    Question question = new Question(false, state, open, others, levels);
    Boolean known = answers.get(question);
    if (known == null) {
      known = !keyOptions(state, open, others, levels).isEmpty();
      answers.put(question, known);
    }
    return known;
  }

  /** The keys that may come next in an object that must become none of others. */
  List<KeyOption> keyOptions(int state, int open, int others, int levels) {
    List<KeyOption> options = completion.keyOptions(state, levels);
    List<Members> like = like(open, others);
    if (like.isEmpty()) {
      return options;
    }
    List<KeyOption> kept = new ArrayList<>();
    for (KeyOption option : options) {
      semantics.budget().spend(20);
      KeyOption possible = possible(state, open, option, others, like, levels);
      if (possible != null) {
        kept.add(possible);
      }
    }
    return kept;
  }

  private @Nullable KeyOption possible(
      int state, int open, KeyOption option, int others, List<Members> like, int levels) {
    if (option.name() >= 0) {
      String name = objects.get(state).machine().names[option.name()];
      return mayCome(state, open, option, name, others, like, levels) ? option : null;
    }
    RegexAlgebra algebra = semantics.algebra();
    Set<String> blocked = new TreeSet<>();
    for (Members other : like) {
      for (String key : other.members().keySet()) {
        if (algebra.matches(option.keys(), key)
            && !mayCome(state, open, option, key, others, like, levels)) {
          blocked.add(key);
        }
      }
    }
    if (blocked.isEmpty()) {
      return option;
    }
    int keys = algebra.minus(option.keys(), Literals.of(algebra, new ArrayList<>(blocked)));
    return algebra.isSatisfiable(keys)
        ? new KeyOption(keys, option.goal(), -1, option.paid())
        : null;
  }

  /** Whether there is a value for this key with which the object can become none of others. */
  private boolean mayCome(
      int state,
      int open,
      KeyOption option,
      String key,
      int others,
      List<Members> like,
      int levels) {
    Set<Integer> theirs = valuesOf(like, key);
    if (theirs.isEmpty() || exists(option.goal(), sets.of(theirs), levels)) {
      return true;
    }
    int next = objects.after(state, option, option.name() >= 0 ? null : key);
    int begun = values.withKey(open, key);
    for (int value : theirs) {
      if (isOne(value, option.goal())
          && canObject(next, values.with(begun, value), others, levels)) {
        return true;
      }
    }
    return false;
  }

  private static Set<Integer> valuesOf(List<Members> like, String key) {
    Set<Integer> theirs = new LinkedHashSet<>();
    for (Members other : like) {
      Integer value = other.members().get(key);
      if (value != null) {
        theirs.add(value);
      }
    }
    return theirs;
  }

  /**
   * The values that must not follow a key, because then the object would become one of others.
   *
   * @param state behind the key
   * @param open with the key pending
   */
  int excludedMember(int state, int open, int others, int levels) {
    if (!(values.get(open) instanceof Members begun) || begun.pending() == null) {
      return ValueSets.EMPTY;
    }
    Set<Integer> excluded = new TreeSet<>();
    for (int value : valuesOf(like(open, others), begun.pending())) {
      if (!canObject(state, values.with(open, value), others, levels)) {
        excluded.add(value);
      }
    }
    return sets.of(excluded);
  }

  // Arrays.

  private List<Items> likeArray(int open, int others) {
    List<Items> like = new ArrayList<>();
    if (others != ValueSets.EMPTY && values.get(open) instanceof Items begun) {
      int size = begun.items().size();
      for (int other : new TreeSet<>(sets.members(others))) {
        if (values.get(other) instanceof Items items
            && items.items().size() >= size
            && items.items().subList(0, size).equals(begun.items())) {
          like.add(items);
        }
      }
    }
    return like;
  }

  /** Whether an array that can be ended can be ended as none of others. */
  boolean canArray(int state, int open, int others, int levels) {
    if (others == ValueSets.EMPTY
        || (arrays.isClosable(state) && !sets.contains(others, open))
        || likeArray(open, others).isEmpty()) {
      return true;
    }
    Question question = new Question(true, state, open, others, levels);
    Boolean known = answers.get(question);
    if (known == null) {
      known = !itemOptions(state, open, others, levels).isEmpty();
      answers.put(question, known);
    }
    return known;
  }

  /** The items that may come next in an array that must become none of others. */
  List<ItemOption> itemOptions(int state, int open, int others, int levels) {
    List<ItemOption> options = completion.itemOptions(state, levels);
    Set<Integer> theirs = itemsOf(open, others);
    if (theirs.isEmpty()) {
      return options;
    }
    List<ItemOption> kept = new ArrayList<>();
    for (ItemOption option : options) {
      semantics.budget().spend(20);
      if (mayCome(open, option, others, theirs, levels)) {
        kept.add(option);
      }
    }
    return kept;
  }

  /** What the others that an array may still become equal to have as its next item. */
  private Set<Integer> itemsOf(int open, int others) {
    Set<Integer> theirs = new LinkedHashSet<>();
    for (Items other : likeArray(open, others)) {
      int size = ((Items) values.get(open)).items().size();
      if (other.items().size() > size) {
        theirs.add(other.items().get(size));
      }
    }
    return theirs;
  }

  private boolean mayCome(
      int open, ItemOption option, int others, Set<Integer> theirs, int levels) {
    int own = arrays.get(option.next()).values();
    if (exists(option.goal(), sets.union(own, sets.of(theirs)), levels)) {
      return true;
    }
    for (int value : theirs) {
      if (!sets.contains(own, value)
          && isOne(value, option.goal())
          && canArray(with(option.next(), value), values.with(open, value), others, levels)) {
        return true;
      }
    }
    return false;
  }

  /** The array behind an item that is this. */
  int with(int array, int value) {
    ArrayStates.State state = arrays.get(array);
    return state.rule().unique()
        ? arrays.withValues(array, sets.with(state.values(), value))
        : array;
  }

  /**
   * The values that the next item must not be.
   *
   * @param state behind the item
   */
  int excludedItem(int state, int open, int others, int levels) {
    Set<Integer> excluded = new TreeSet<>();
    for (int value : itemsOf(open, others)) {
      if (!canArray(with(state, value), values.with(open, value), others, levels)) {
        excluded.add(value);
      }
    }
    return sets.union(arrays.get(state).values(), sets.of(excluded));
  }

  // Whether a value meets a goal.

  private boolean isOne(int value, int goal) {
    semantics.budget().spend(10);
    return switch (values.get(value)) {
      case Members object ->
          semantics.objects(goal).stream()
              .anyMatch(
                  rule ->
                      isOne(objects.start(rule), new TreeSet<>(object.members().keySet()), object));
      case Items array ->
          semantics.arrays(goal).stream().anyMatch(rule -> isOne(arrays.start(rule), 0, array));
      case Value scalar -> isScalar(scalar, semantics.scalars(goal));
    };
  }

  private boolean isScalar(Value value, Scalars scalars) {
    RegexAlgebra algebra = semantics.algebra();
    return switch (value) {
      case KnownValues.Text text -> algebra.matches(scalars.strings(), text.text());
      case KnownValues.Decimal decimal ->
          algebra.isSatisfiable(
              algebra.intersect(scalars.numbers(), semantics.numbers().equalTo(decimal.number())));
      case KnownValues.Word word ->
          switch (word.word()) {
            case "null" -> scalars.hasNull();
            case "true" -> scalars.hasTrue();
            default -> scalars.hasFalse();
          };
      default -> false;
    };
  }

  /** Whether an object can go on with these keys, which are members of {@code object}, and end. */
  private boolean isOne(int state, Collection<String> keys, Members object) {
    if (keys.isEmpty()) {
      return objects.isClosable(state) && objects.isSmallEnough(state);
    }
    ObjectStates.State at = objects.get(state);
    String key = objects.first(at, keys);
    Collection<String> rest = new TreeSet<>(keys);
    rest.remove(key);
    int value = Objects.requireNonNull(object.members().get(key), key);
    for (KeyOption option : objects.ways(at, key)) {
      if (isOne(value, option.goal())
          && isOne(objects.after(state, option, option.name() >= 0 ? null : key), rest, object)) {
        return true;
      }
    }
    return false;
  }

  private boolean isOne(int state, int index, Items array) {
    if (index == array.items().size()) {
      return arrays.isClosable(state);
    }
    int value = array.items().get(index);
    for (ItemOption option : arrays.options(state)) {
      if (!sets.contains(arrays.get(option.next()).values(), value)
          && isOne(value, option.goal())
          && isOne(with(option.next(), value), index + 1, array)) {
        return true;
      }
    }
    return false;
  }
}
