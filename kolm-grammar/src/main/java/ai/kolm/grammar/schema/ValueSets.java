package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Interned finite sets of scalars: the items an array without duplicates has so far. */
final class ValueSets {
  static final int EMPTY = 0;

  /**
   * One set.
   *
   * @param words of null, true, false
   * @param numbers in their shortest form
   * @param strings what they mean
   */
  private record Values(Set<String> words, Set<BigDecimal> numbers, Set<String> strings) {
    Values copy() {
      return new Values(new TreeSet<>(words), new TreeSet<>(numbers), new TreeSet<>(strings));
    }
  }

  private final RegexAlgebra algebra;
  private final Numbers numbers;
  private final List<Values> sets = new ArrayList<>();
  private final List<Scalars> complements = new ArrayList<>();
  private final Map<Values, Integer> ids = new HashMap<>();

  ValueSets(RegexAlgebra algebra, Numbers numbers) {
    this.algebra = algebra;
    this.numbers = numbers;
    intern(new Values(new TreeSet<>(), new TreeSet<>(), new TreeSet<>()));
  }

  int withString(int set, String value) {
    Values larger = sets.get(set).copy();
    larger.strings.add(value);
    return intern(larger);
  }

  /** With a number or a word, as it was written. */
  int withPlain(int set, String written) {
    Values larger = sets.get(set).copy();
    if (Character.isLetter(written.charAt(0))) {
      larger.words.add(written);
    } else {
      larger.numbers.add(new BigDecimal(written).stripTrailingZeros());
    }
    return intern(larger);
  }

  /** {@code scalars} without the members of {@code set}. */
  Scalars without(Scalars scalars, int set) {
    return set == EMPTY ? scalars : scalars.both(complements.get(set), algebra);
  }

  private int intern(Values values) {
    Integer known = ids.get(values);
    if (known != null) {
      return known;
    }
    int other = numbers.all();
    for (BigDecimal number : values.numbers) {
      other = algebra.minus(other, numbers.equalTo(number));
    }
    int strings =
        values.strings.isEmpty()
            ? RegexAlgebra.ANY_TEXT
            : algebra.not(Literals.of(algebra, new ArrayList<>(values.strings)));
    complements.add(
        new Scalars(
            !values.words.contains("null"),
            !values.words.contains("true"),
            !values.words.contains("false"),
            other,
            strings));
    ids.put(values, sets.size());
    sets.add(values);
    return sets.size() - 1;
  }
}
