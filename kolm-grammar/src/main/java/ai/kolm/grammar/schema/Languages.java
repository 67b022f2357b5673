package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Questions about how many texts a language has. */
final class Languages {
  private static final int MAX_STATES = 300;

  /** So many texts are many. */
  static final int MANY = 10_000;

  private final RegexAlgebra algebra;
  private final Budget budget;
  private final Map<Integer, Boolean> endless = new HashMap<>();
  private final Map<Integer, Boolean> large = new HashMap<>();

  Languages(RegexAlgebra algebra, Budget budget) {
    this.algebra = algebra;
    this.budget = budget;
  }

  /**
   * Whether every beginning of a text of {@code language} has endlessly many completions, so that
   * taking away finitely many texts takes away no beginning. False if that is hard to see.
   */
  boolean isEndlessEverywhere(int language) {
    return endless.computeIfAbsent(
        Shapes.withoutExceptions(algebra, language), this::computeEndless);
  }

  /** Whether a language has many texts. */
  boolean isLarge(int language) {
    return large.computeIfAbsent(language, l -> count(l, MANY) >= MANY);
  }

  private boolean computeEndless(int language) {
    BitSet seen = new BitSet();
    Deque<Integer> open = new ArrayDeque<>();
    open.push(language);
    seen.set(language);
    int states = 0;
    while (!open.isEmpty()) {
      if (++states > MAX_STATES) {
        return false;
      }
      int state = open.pop();
      boolean goesOn = false;
      int[] cuts = algebra.cuts(state);
      for (int i = -1; i < cuts.length; i++) {
        budget.spend(1);
        int next = algebra.derive(state, i < 0 ? 0 : cuts[i]);
        if (!algebra.isSatisfiable(next)) {
          continue;
        }
        goesOn = true;
        if (!seen.get(next)) {
          seen.set(next);
          open.push(next);
        }
      }
      if (!goesOn) {
        return false;
      }
    }
    return true;
  }

  /** The number of texts of {@code language}, counted no further than {@code enough}. */
  long count(int language, long enough) {
    Map<Integer, Long> level = Map.of(language, 1L);
    long total = 0;
    while (!level.isEmpty() && total < enough) {
      Map<Integer, Long> next = new HashMap<>();
      for (Map.Entry<Integer, Long> entry : level.entrySet()) {
        if (algebra.isNullable(entry.getKey())) {
          total += entry.getValue();
        }
        advance(entry.getKey(), entry.getValue(), enough, next);
      }
      level = next;
    }
    return Math.min(total, enough);
  }

  private void advance(int state, long texts, long enough, Map<Integer, Long> next) {
    int[] cuts = algebra.cuts(state);
    for (int i = -1; i < cuts.length; i++) {
      budget.spend(2);
      int from = i < 0 ? 0 : cuts[i];
      int to = i + 1 < cuts.length ? cuts[i + 1] : CodePoints.MAX + 1;
      int derived = algebra.derive(state, from);
      if (algebra.isSatisfiable(derived)) {
        long characters = (long) to - from;
        next.merge(derived, texts * characters, (a, b) -> Math.min(a + b, enough));
      }
    }
  }

  /** A shortest text of {@code language}; null if there is none. */
  @Nullable String example(int language) {
    if (!algebra.isSatisfiable(language)) {
      return null;
    }
    Map<Integer, String> level = Map.of(language, "");
    BitSet seen = new BitSet();
    while (true) {
      Map<Integer, String> next = new HashMap<>();
      for (Map.Entry<Integer, String> entry : level.entrySet()) {
        int state = entry.getKey();
        if (algebra.isNullable(state)) {
          return entry.getValue();
        }
        int[] cuts = algebra.cuts(state);
        for (int i = -1; i < cuts.length; i++) {
          budget.spend(2);
          int from = i < 0 ? 0 : cuts[i];
          int derived = algebra.derive(state, from);
          if (algebra.isSatisfiable(derived) && !seen.get(derived)) {
            seen.set(derived);
            next.put(derived, entry.getValue() + Character.toString(from));
          }
        }
      }
      level = next;
    }
  }
}
