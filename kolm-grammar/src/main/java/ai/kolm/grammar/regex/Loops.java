package ai.kolm.grammar.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The characters of which a language takes any number in any order: whatever is written with them,
 * some text still begins so. Whole branches of a vocabulary are taken at once by them.
 *
 * <p>For one thread at a time.
 */
public final class Loops {
  private static final int MAX_STATES = 32;

  private final RegexAlgebra algebra;
  private final Map<Integer, Characters> known = new HashMap<>();

  /** Those of languages in {@code algebra}. */
  public Loops(RegexAlgebra algebra) {
    this.algebra = algebra;
  }

  /** Such characters of {@code a}; not all there are, where that is hard to see. */
  public Characters of(int a) {
    if (algebra.longest(a) < RegexAlgebra.UNBOUNDED) {
      return Characters.NONE;
    }
    Characters characters = known.get(a);
    if (characters == null) {
      characters = compute(a);
      known.put(a, characters);
    }
    return characters;
  }

  /** The characters that leave {@code a} as it is. */
  public Characters ownOf(int a) {
    return Characters.of(own(a));
  }

  /** The first bytes of all other characters that {@code a} takes. */
  public Characters exitsOf(int a) {
    int[] cuts = algebra.cuts(a);
    int[] ranges = new int[2 * cuts.length + 2];
    int size = 0;
    for (int i = -1; i < cuts.length; i++) {
      algebra.budget().spend(1);
      if (algebra.isSatisfiable(algebra.derive(a, start(cuts, i)))) {
        ranges[size++] = start(cuts, i);
        ranges[size++] = end(cuts, i);
      }
    }
    return Characters.touching(CodePoints.of(Arrays.copyOf(ranges, size))).without(ownOf(a));
  }

  private Characters compute(int a) {
    int[] own = own(a);
    if (own.length == 0) {
      return Characters.NONE;
    }
    Characters ofItself = Characters.of(own);
    Characters ofAll = Characters.of(common(a));
    return ofAll.size() > ofItself.size() ? ofAll : ofItself;
  }

  /** The characters that leave {@code a} as it is. */
  private int[] own(int a) {
    int[] cuts = algebra.cuts(a);
    int[] ranges = new int[2 * cuts.length + 2];
    int size = 0;
    for (int i = -1; i < cuts.length; i++) {
      algebra.budget().spend(1);
      if (algebra.derive(a, start(cuts, i)) == a) {
        ranges[size++] = start(cuts, i);
        ranges[size++] = end(cuts, i);
      }
    }
    return size == 0 ? CodePoints.NONE : CodePoints.of(Arrays.copyOf(ranges, size));
  }

  /** The characters that no state refuses that is reached by such characters. */
  private int[] common(int a) {
    int[] allowed = CodePoints.ALL;
    List<Integer> states = new ArrayList<>(List.of(a));
    for (int done = 0; done < states.size(); done++) {
      int[] cuts = algebra.cuts(states.get(done));
      for (int i = -1; i < cuts.length; i++) {
        algebra.budget().spend(1);
        int[] range = CodePoints.of(start(cuts, i), end(cuts, i));
        int next = algebra.derive(states.get(done), start(cuts, i));
        if (!algebra.isSatisfiable(next)) {
          allowed = CodePoints.intersect(allowed, CodePoints.complement(range));
        } else if (!states.contains(next) && CodePoints.intersect(allowed, range).length > 0) {
          if (states.size() == MAX_STATES) {
            return CodePoints.NONE;
          }
          states.add(next);
        }
      }
    }
    return allowed;
  }

  private static int start(int[] cuts, int range) {
    return range < 0 ? 0 : cuts[range];
  }

  private static int end(int[] cuts, int range) {
    return range + 1 < cuts.length ? cuts[range + 1] - 1 : CodePoints.MAX;
  }
}
