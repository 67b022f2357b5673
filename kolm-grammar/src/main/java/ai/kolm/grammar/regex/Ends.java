package ai.kolm.grammar.regex;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far any text of a language that has been begun is from an end. Of plain expressions that is
 * seen from their parts ({@link Lengths}), of others from their states if they are few.
 *
 * <p>For one thread at a time.
 */
final class Ends {
  /**
   * What holds wherever in a text.
   *
   * @param most characters that are needed to end it, at most
   * @param endless whether it can be ended by any greater number too
   */
  record Reach(int most, boolean endless) {}

  private static final int MAX_STATES = 64;

  private final RegexAlgebra algebra;

  /** Null: hard to say. */
  private final Map<Integer, @Nullable Reach> known = new HashMap<>();

  Ends(RegexAlgebra algebra) {
    this.algebra = algebra;
  }

  /** Of language {@code a}; null if that is hard to say. */
  @Nullable Reach of(int a) {
    if (algebra.isPlain(a)) {
      return new Reach(algebra.lengths().mostToEnd(a), algebra.lengths().isEndless(a));
    }
    if (!known.containsKey(a)) {
      States states = new States(a);
      Reach reach = states.complete ? states.reach() : null;
      // What is left of what is left is among them.
      for (int i = 0; i < (reach == null ? 1 : states.size); i++) {
        known.putIfAbsent(states.languages[i], reach);
      }
    }
    return known.get(a);
  }

  /** All languages that may be left of one. */
  private final class States {
    private final int[] languages = new int[MAX_STATES];
    private final BitSet[] next = new BitSet[MAX_STATES];
    private final Map<Integer, Integer> numbers = new HashMap<>();
    private int size;
    private final boolean complete;

    States(int start) {
      number(start);
      boolean found = true;
      for (int state = 0; state < size && found; state++) {
        found = follow(state);
      }
      complete = found;
    }

    private int number(int language) {
      Integer number = numbers.putIfAbsent(language, size);
      if (number != null) {
        return number;
      }
      languages[size] = language;
      next[size] = new BitSet();
      return size++;
    }

    private boolean follow(int state) {
      int[] cuts = algebra.cuts(languages[state]);
      for (int i = -1; i < cuts.length; i++) {
        algebra.budget().spend(1);
        int derived = algebra.derive(languages[state], i < 0 ? 0 : cuts[i]);
        if (!algebra.isSatisfiable(derived)) {
          continue;
        }
        if (size == MAX_STATES && !numbers.containsKey(derived)) {
          return false;
        }
        next[state].set(number(derived));
      }
      return true;
    }

    Reach reach() {
      boolean endless = true;
      BitSet accepting = new BitSet();
      for (int state = 0; state < size; state++) {
        accepting.set(state, algebra.isNullable(languages[state]));
      }
      for (int state = 0; state < size; state++) {
        // With an end after every end there are ends at all distances.
        endless &= !accepting.get(state) || next[state].intersects(accepting);
      }
      BitSet reached = accepting;
      int most = 0;
      for (; reached.cardinality() < size; most++) {
        BitSet wider = (BitSet) reached.clone();
        for (int state = 0; state < size; state++) {
          wider.set(state, reached.get(state) || next[state].intersects(reached));
        }
        reached = wider;
      }
      return new Reach(most, endless);
    }
  }
}
