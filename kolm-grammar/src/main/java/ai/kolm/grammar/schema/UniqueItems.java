package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.schema.ArrayRule.Contains;
import java.util.HashMap;
import java.util.Map;

/**
 * How many different items are left to an array without duplicates that must get longer. Scalars
 * are counted exactly; objects and arrays are none, one or plenty.
 */
final class UniqueItems {
  /** As many as no array uses up. */
  private static final int PLENTY = 1 << 20;

  private record Question(int goal, int enough, int levels) {}

  private final Semantics semantics;
  private final ObjectStates objects;
  private final ArrayStates arrays;
  private final ValueSets values;
  private final Languages languages;
  private final Completion completion;
  private final Map<Question, Boolean> plentiful = new HashMap<>();

  UniqueItems(
      Semantics semantics,
      ObjectStates objects,
      ArrayStates arrays,
      ValueSets values,
      Languages languages,
      Completion completion) {
    this.semantics = semantics;
    this.objects = objects;
    this.arrays = arrays;
    this.values = values;
    this.languages = languages;
    this.completion = completion;
  }

  /**
   * At least so many values that are not used meet a goal, counted no further than {@code missing}.
   * It is less by one at most for each that is used; so what has been begun can be ended.
   *
   * @param used a number of {@link ValueSets}
   * @param levels values may nest
   */
  long left(int goal, int used, int missing, int levels) {
    long left = missing <= 0 ? 0 : scalars(goal, used, missing);
    if (left >= missing) {
      return left;
    }
    if (isPlentiful(goal, values.members(used).size() + missing, levels)) {
      return missing;
    }
    return left + (completion.difference().existsStructure(goal, used, levels) ? 1 : 0);
  }

  /** The scalars that are left, counted no further than {@code enough}. */
  private long scalars(int goal, int used, long enough) {
    Scalars all = semantics.scalars(goal);
    if (values.members(used).size() + enough <= Languages.MANY
        && languages.isLarge(all.strings())) {
      return enough;
    }
    Scalars left = values.without(all, used);
    long count = (left.hasNull() ? 1L : 0L) + (left.hasTrue() ? 1 : 0) + (left.hasFalse() ? 1 : 0);
    count += languages.count(left.strings(), enough);
    if (count < enough && left.numbers() != RegexAlgebra.EMPTY) {
      int shortest = semantics.algebra().intersect(left.numbers(), semantics.numbers().shortest());
      count += languages.count(shortest, enough);
    }
    return count;
  }

  /**
   * Whether {@code enough} objects or arrays meet a goal: there are where so many values may stand
   * in one place of them. False if that is hard to see.
   */
  private boolean isPlentiful(int goal, int enough, int levels) {
    if (levels < 1 || goal <= Goals.NOTHING) {
      return levels >= 1 && goal == Goals.ANYTHING;
    }
    Question question = new Question(goal, enough, levels);
    Boolean known = plentiful.get(question);
    if (known == null) {
      semantics.budget().spend(10);
      known = haveObjects(goal, enough, levels - 1) || haveArrays(goal, enough, levels - 1);
      plentiful.put(question, known);
    }
    return known;
  }

  private boolean haveObjects(int goal, int enough, int levels) {
    for (ObjectRule rule : semantics.objects(goal)) {
      int start = objects.start(rule);
      if (!completion.isCompletable(start, levels)) {
        continue;
      }
      for (KeyOption option : completion.keyOptions(start, levels)) {
        boolean keys =
            option.name() < 0 && objects.countOthers(objects.get(start), option, enough) >= enough;
        if (keys || isPlace(option.goal(), enough, levels)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean haveArrays(int goal, int enough, int levels) {
    for (ArrayRule rule : semantics.arrays(goal)) {
      int start = arrays.start(rule);
      if (!completion.isArrayCompletable(start, levels)) {
        continue;
      }
      for (ItemOption option : completion.itemOptions(start, levels)) {
        if (isPlace(option.goal(), enough, levels)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isPlace(int goal, int enough, int levels) {
    return scalars(goal, ValueSets.EMPTY, enough) >= enough || isPlentiful(goal, enough, levels);
  }

  /** Refuses what cannot be enforced exactly. */
  void check(ArrayRule rule) {
    if (!rule.unique() || rule.max() <= 1) {
      return;
    }
    if (rule.min() > 0 && !rule.prefix().isEmpty()) {
      throw SchemaErrors.unsupported(
          "uniqueItems", "", "\"uniqueItems\" of a tuple with a minimal length");
    }
    for (int i = 0; i <= rule.prefix().size() && !rule.contains().isEmpty(); i++) {
      if (i < rule.max()) {
        checkCounted(rule, rule.goal(i), 0);
      }
    }
    int levels = semantics.limits().valueDepth();
    if (rule.min() > 1
        && rule.min() <= rule.max()
        && left(rule.rest(), ValueSets.EMPTY, rule.min(), levels) < rule.min()
        && completion.difference().existsStructure(rule.rest(), ValueSets.EMPTY, levels)) {
      throw SchemaErrors.unsupported(
          "uniqueItems", "", "\"uniqueItems\" with a minimal length, of few objects or arrays");
    }
  }

  /**
   * Which items are counted and which are left are two questions that hang together where there are
   * few values: of 1, 2 and "a" no three are different with one number among them.
   */
  private void checkCounted(ArrayRule rule, int goal, int next) {
    if (next < rule.contains().size()) {
      Contains contains = rule.contains().get(next);
      checkCounted(rule, semantics.goals().both(goal, contains.goal()), next + 1);
      checkCounted(rule, semantics.goals().both(goal, contains.opposite()), next + 1);
    } else if (!isNoneOrPlenty(goal)) {
      throw SchemaErrors.unsupported(
          "uniqueItems", "", "\"uniqueItems\" where few items are to be counted");
    }
  }

  /** Whether no scalar meets a goal, or so many that they never run out; nothing else may. */
  private boolean isNoneOrPlenty(int goal) {
    if (goal == Goals.NOTHING) {
      return true;
    }
    if (!semantics.objects(goal).isEmpty() || !semantics.arrays(goal).isEmpty()) {
      return false;
    }
    long count = scalars(goal, ValueSets.EMPTY, PLENTY);
    return count == 0 || count >= PLENTY;
  }
}
