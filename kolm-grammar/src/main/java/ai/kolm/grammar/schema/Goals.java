package ai.kolm.grammar.schema;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Conjunctions of schemas, as interned ints. A goal is what one value has to do: satisfy some
 * schemas and violate others. A literal is the number of a schema times two, plus one if it is to
 * be violated.
 */
final class Goals {
  /** Any value will do. */
  static final int ANYTHING = 0;

  /** No value will do. */
  static final int NOTHING = 1;

  private record Literals(int[] sorted) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Literals l && Arrays.equals(sorted, l.sorted);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(sorted);
    }
  }

  private final int max;
  private final Map<Literals, Integer> ids = new HashMap<>();
  private final List<int[]> goals = new ArrayList<>();

  Goals(int max) {
    this.max = max;
    intern(new int[0]);
    intern(new int[] {-1});
  }

  int ofNode(int node) {
    return intern(new int[] {2 * node});
  }

  /** The literals of a goal other than {@link #NOTHING}. */
  int[] literals(int goal) {
    return goals.get(goal);
  }

  int size() {
    return goals.size();
  }

  int both(int a, int b) {
    if (a == b || b == ANYTHING) {
      return a;
    }
    if (a == ANYTHING) {
      return b;
    }
    if (a == NOTHING || b == NOTHING) {
      return NOTHING;
    }
    int[] x = goals.get(a);
    int[] y = goals.get(b);
    int[] merged = Arrays.copyOf(x, x.length + y.length);
    System.arraycopy(y, 0, merged, x.length, y.length);
    Arrays.sort(merged);
    int size = 0;
    for (int literal : merged) {
      if (size > 0 && merged[size - 1] == literal) {
        continue;
      }
      if (size > 0 && (merged[size - 1] ^ literal) == 1) {
        return NOTHING;
      }
      merged[size++] = literal;
    }
    return intern(Arrays.copyOf(merged, size));
  }

  /** The opposite of a goal with at most one literal. */
  int not(int goal) {
    if (goal <= NOTHING) {
      return 1 - goal;
    }
    int[] literals = goals.get(goal);
    if (literals.length != 1) {
      throw new IllegalArgumentException("a conjunction has no single opposite");
    }
    return intern(new int[] {literals[0] ^ 1});
  }

  private int intern(int[] sorted) {
    Integer known = ids.get(new Literals(sorted));
    if (known != null) {
      return known;
    }
    if (goals.size() >= max) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "nodes", "", "more than %,d combinations of schemas".formatted(max));
    }
    goals.add(sorted);
    ids.put(new Literals(sorted), goals.size() - 1);
    return goals.size() - 1;
  }
}
