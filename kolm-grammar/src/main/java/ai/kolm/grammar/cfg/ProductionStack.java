package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.regex.Budget;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Interned stacks of places in productions, and what can be read next from one. Iterative: a rule
 * that starts with another costs heap, not stack.
 */
final class ProductionStack {
  private static final int EMPTY = 0;

  private final Productions productions;
  private final List<ByteAutomaton> automata;
  private final Budget budget;
  private final int maxStates;

  /** All productions one after the other: symbols; behind each an end. */
  private final int[] symbols;

  private final boolean[] ends;
  private final int[][] starts;
  private int[] parents = new int[64];
  private int[] places = new int[64];
  private final LongMap ids = new LongMap();
  private int size = 1;

  ProductionStack(
      Productions productions, List<ByteAutomaton> automata, Budget budget, int maxStates) {
    this.productions = productions;
    this.automata = automata;
    this.budget = budget;
    this.maxStates = maxStates;
    int total = 0;
    for (List<int[]> rule : productions.rules) {
      for (int[] production : rule) {
        total += production.length + 1;
      }
    }
    symbols = new int[total];
    ends = new boolean[total];
    starts = new int[productions.rules.size()][];
    int place = 0;
    for (int rule = 0; rule < starts.length; rule++) {
      List<int[]> list = productions.rules.get(rule);
      starts[rule] = new int[list.size()];
      for (int i = 0; i < list.size(); i++) {
        starts[rule][i] = place;
        System.arraycopy(list.get(i), 0, symbols, place, list.get(i).length);
        place += list.get(i).length;
        ends[place++] = true;
      }
    }
  }

  /** Adds the threads before anything has been read. */
  void begin(CfgAutomaton.ThreadSet threads) {
    Deque<long[]> open = new ArrayDeque<>();
    for (int place : starts[productions.start]) {
      open.push(new long[] {place, EMPTY});
    }
    expand(open, threads);
  }

  /** Adds the threads behind a terminal that has been read. */
  void resume(int stack, CfgAutomaton.ThreadSet threads) {
    if (stack == EMPTY) {
      threads.done();
      return;
    }
    Deque<long[]> open = new ArrayDeque<>();
    open.push(new long[] {places[stack], parents[stack]});
    expand(open, threads);
  }

  private void expand(Deque<long[]> open, CfgAutomaton.ThreadSet threads) {
    Set<Long> seen = new HashSet<>();
    while (!open.isEmpty()) {
      budget.spend(2);
      long[] top = open.pop();
      int place = (int) top[0];
      int stack = (int) top[1];
      if (!seen.add(top[0] << 32 | top[1])) {
        continue;
      }
      if (ends[place]) {
        end(stack, open, threads);
        continue;
      }
      int rest = ends[place + 1] ? stack : push(stack, place + 1);
      int symbol = symbols[place];
      if (symbol < 0) {
        for (int start : starts[~symbol]) {
          open.push(new long[] {start, rest});
        }
      } else {
        terminal(symbol, rest, open, threads);
      }
    }
  }

  private void end(int stack, Deque<long[]> open, CfgAutomaton.ThreadSet threads) {
    if (stack == EMPTY) {
      threads.done();
    } else {
      open.push(new long[] {places[stack], parents[stack]});
    }
  }

  private void terminal(int symbol, int rest, Deque<long[]> open, CfgAutomaton.ThreadSet threads) {
    ByteAutomaton automaton = automata.get(symbol);
    long state = automaton.start();
    if (state == ByteAutomaton.DEAD) {
      return;
    }
    threads.add(symbol, state, rest);
    if (automaton.accepts(state)) {
      end(rest, open, threads);
    }
  }

  private int push(int parent, int place) {
    long key = (long) (parent + 1) << 32 | place;
    int known = (int) ids.get(key, 0);
    if (known != 0) {
      return known;
    }
    if (size >= maxStates) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "states", "", "more than %,d stacks".formatted(maxStates));
    }
    if (size == parents.length) {
      parents = Arrays.copyOf(parents, 2 * size);
      places = Arrays.copyOf(places, 2 * size);
    }
    parents[size] = parent;
    places[size] = place;
    ids.put(key, size);
    return size++;
  }

  /** An estimate of the memory taken, in bytes. */
  long size() {
    return 40L * size;
  }
}
