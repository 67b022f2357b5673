package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Interned finite sets of texts, and the languages without them. */
final class TextSets {
  static final int EMPTY = 0;

  private final RegexAlgebra algebra;
  private final List<Set<String>> sets = new ArrayList<>();
  private final List<Integer> complements = new ArrayList<>();
  private final Map<Set<String>, Integer> ids = new HashMap<>();

  TextSets(RegexAlgebra algebra) {
    this.algebra = algebra;
    intern(new TreeSet<>());
  }

  int with(int set, String text) {
    if (sets.get(set).contains(text)) {
      return set;
    }
    Set<String> larger = new TreeSet<>(sets.get(set));
    larger.add(text);
    return intern(larger);
  }

  boolean contains(int set, String text) {
    return sets.get(set).contains(text);
  }

  int size(int set) {
    return sets.get(set).size();
  }

  /** All texts that are not in {@code set}. */
  int others(int set) {
    return complements.get(set);
  }

  private int intern(Set<String> set) {
    Integer known = ids.get(set);
    if (known != null) {
      return known;
    }
    int id = sets.size();
    sets.add(set);
    complements.add(algebra.not(Literals.of(algebra, new ArrayList<>(set))));
    ids.put(set, id);
    return id;
  }
}
