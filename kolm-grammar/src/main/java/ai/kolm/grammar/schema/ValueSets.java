package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.schema.KnownValues.Decimal;
import ai.kolm.grammar.schema.KnownValues.Text;
import ai.kolm.grammar.schema.KnownValues.Word;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Interned finite sets of {@link KnownValues}: what a value must not be. */
final class ValueSets {
  static final int EMPTY = 0;

  private final RegexAlgebra algebra;
  private final Numbers numbers;
  private final KnownValues values;
  private final List<Set<Integer>> sets = new ArrayList<>();
  private final Map<Integer, Scalars> complements = new HashMap<>();
  private final Map<Set<Integer>, Integer> ids = new HashMap<>();

  ValueSets(RegexAlgebra algebra, Numbers numbers, KnownValues values) {
    this.algebra = algebra;
    this.numbers = numbers;
    this.values = values;
    intern(Set.of());
  }

  /** With one value more, perhaps {@link KnownValues#UNKNOWN}. */
  int with(int set, int value) {
    if (sets.get(set).contains(value)) {
      return set;
    }
    Set<Integer> larger = new HashSet<>(sets.get(set));
    larger.add(value);
    return intern(larger);
  }

  int union(int a, int b) {
    if (a == b || b == EMPTY) {
      return a;
    }
    Set<Integer> all = new HashSet<>(sets.get(a));
    all.addAll(sets.get(b));
    return intern(all);
  }

  int of(Collection<Integer> members) {
    return intern(new HashSet<>(members));
  }

  /** The objects and arrays among them, and what is not known. */
  int structures(int set) {
    if (set == EMPTY) {
      return EMPTY;
    }
    Set<Integer> kept = new HashSet<>();
    for (int value : sets.get(set)) {
      if (isStructure(value)) {
        kept.add(value);
      } else if (value == KnownValues.UNKNOWN || value == KnownValues.LOST) {
        kept.add(KnownValues.UNKNOWN);
      }
    }
    return intern(kept);
  }

  private boolean isStructure(int value) {
    return values.get(value) instanceof KnownValues.Members
        || values.get(value) instanceof KnownValues.Items;
  }

  Set<Integer> members(int set) {
    return sets.get(set);
  }

  boolean contains(int set, int value) {
    return sets.get(set).contains(value);
  }

  /** {@code scalars} without the members of {@code set}. */
  Scalars without(Scalars scalars, int set) {
    return set == EMPTY
        ? scalars
        : scalars.both(complements.computeIfAbsent(set, s -> complement(sets.get(s))), algebra);
  }

  private int intern(Set<Integer> set) {
    Integer known = ids.get(set);
    if (known != null) {
      return known;
    }
    ids.put(set, sets.size());
    sets.add(set);
    return sets.size() - 1;
  }

  private Scalars complement(Set<Integer> set) {
    Set<String> words = new HashSet<>();
    Set<String> strings = new TreeSet<>();
    int otherNumbers = numbers.all();
    for (int value : new TreeSet<>(set)) {
      switch (values.get(value)) {
        case Word word -> words.add(word.word());
        case Text text -> strings.add(text.text());
        case Decimal decimal ->
            otherNumbers = algebra.minus(otherNumbers, numbers.equalTo(decimal.number()));
        default -> {}
      }
    }
    int otherStrings =
        strings.isEmpty()
            ? RegexAlgebra.ANY_TEXT
            : algebra.not(Literals.of(algebra, new ArrayList<>(strings)));
    return new Scalars(
        !words.contains("null"),
        !words.contains("true"),
        !words.contains("false"),
        otherNumbers,
        otherStrings);
  }
}
