package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One way for an object to be right; all of this has to hold.
 *
 * @param named goals of the values of single keys
 * @param patterns goals of the values of all keys in a language
 * @param required keys that must be there
 * @param implications keys that must be there if another is
 * @param debts some key in the language must have a value that meets the goal
 * @param min fewest keys
 * @param max most keys
 * @param evaluated the keys whose values the schema has looked at, for {@code
 *     unevaluatedProperties} of the same schema
 */
record ObjectRule(
    Map<String, Integer> named,
    List<KeyGoal> patterns,
    Set<String> required,
    List<Implication> implications,
    List<KeyGoal> debts,
    int min,
    int max,
    int evaluated) {

  /** A language of keys and the goal of their values. */
  record KeyGoal(int keys, int goal) {}

  /** If {@code key} is there, so must {@code other}. */
  record Implication(String key, String other) {}

  /** Any object. */
  static final ObjectRule ANY =
      new ObjectRule(
          Map.of(),
          List.of(),
          Set.of(),
          List.of(),
          List.of(),
          0,
          Integer.MAX_VALUE,
          RegexAlgebra.EMPTY);

  ObjectRule {
    named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
    patterns = List.copyOf(patterns);
    required = Collections.unmodifiableSet(new LinkedHashSet<>(required));
    implications = List.copyOf(implications);
    debts = List.copyOf(debts);
  }

  static ObjectRule ofNamed(String key, int goal) {
    return new ObjectRule(
        Map.of(key, goal),
        List.of(),
        Set.of(),
        List.of(),
        List.of(),
        0,
        Integer.MAX_VALUE,
        RegexAlgebra.EMPTY);
  }

  static ObjectRule ofPattern(int keys, int goal) {
    return ANY.withPatterns(List.of(new KeyGoal(keys, goal)));
  }

  ObjectRule withPatterns(List<KeyGoal> other) {
    return new ObjectRule(named, other, required, implications, debts, min, max, evaluated);
  }

  static ObjectRule ofRequired(Set<String> keys) {
    return new ObjectRule(
        Map.of(), List.of(), keys, List.of(), List.of(), 0, Integer.MAX_VALUE, RegexAlgebra.EMPTY);
  }

  static ObjectRule ofImplications(List<Implication> implications) {
    return new ObjectRule(
        Map.of(),
        List.of(),
        Set.of(),
        implications,
        List.of(),
        0,
        Integer.MAX_VALUE,
        RegexAlgebra.EMPTY);
  }

  static ObjectRule ofDebt(int keys, int goal) {
    return new ObjectRule(
        Map.of(),
        List.of(),
        Set.of(),
        List.of(),
        List.of(new KeyGoal(keys, goal)),
        0,
        Integer.MAX_VALUE,
        RegexAlgebra.EMPTY);
  }

  static ObjectRule ofCount(int min, int max) {
    return new ObjectRule(
        Map.of(), List.of(), Set.of(), List.of(), List.of(), min, max, RegexAlgebra.EMPTY);
  }

  ObjectRule withEvaluated(int keys) {
    return new ObjectRule(named, patterns, required, implications, debts, min, max, keys);
  }

  @SuppressWarnings("ArgumentSelectionDefectChecker") // the larger of two least numbers
  ObjectRule both(ObjectRule other, Goals goals, RegexAlgebra algebra) {
    if (equals(ANY)) {
      return other;
    }
    if (other.equals(ANY)) {
      return this;
    }
    Map<String, Integer> keys = new LinkedHashMap<>(named);
    other.named.forEach((key, goal) -> keys.merge(key, goal, goals::both));
    Set<String> needed = new LinkedHashSet<>(required);
    needed.addAll(other.required);
    return new ObjectRule(
        keys,
        joined(patterns, other.patterns),
        needed,
        joined(implications, other.implications),
        joined(debts, other.debts),
        Math.max(min, other.min),
        Math.min(max, other.max),
        algebra.union(evaluated, other.evaluated));
  }

  private static <T> List<T> joined(List<T> a, List<T> b) {
    if (b.isEmpty()) {
      return a;
    }
    if (a.isEmpty()) {
      return b;
    }
    Set<T> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return new ArrayList<>(all);
  }

  /** Whether it plainly contradicts itself. */
  boolean isHopeless() {
    if (min > max || required.size() > max) {
      return true;
    }
    for (String key : required) {
      if (named.getOrDefault(key, Goals.ANYTHING) == Goals.NOTHING) {
        return true;
      }
    }
    return debts.stream().anyMatch(debt -> debt.goal() == Goals.NOTHING);
  }
}
