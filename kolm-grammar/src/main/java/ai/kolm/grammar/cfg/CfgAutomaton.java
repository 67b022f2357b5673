package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.IntArrays;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Budget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what a context-free grammar derives. A state is an interned set of threads; a thread is the
 * automaton of the terminal that is being read, its state, and the stack of what follows: a
 * nondeterministic pushdown automaton run on all its ways at once. A rule in last place leaves
 * nothing on the stack, so recursion on the right costs no memory.
 */
public final class CfgAutomaton implements ByteAutomaton {
  private static final int MAX_THREADS = 4_096;

  /** Ints per thread: automaton, high and low half of its state, stack. */
  private static final int WIDTH = 4;

  /** In place of an automaton: everything has been read. */
  private static final int DONE = -1;

  private final Lexer lexer;
  private final Budget budget;
  private final List<ByteAutomaton> automata = new ArrayList<>();
  private final ProductionStack stack;
  private final IntArrays sets = new IntArrays();
  private final LongMap steps = new LongMap();
  private final long start;
  private boolean unsure;

  /** Reads what {@code grammar} derives. */
  public CfgAutomaton(ContextFree grammar, Lexer lexer, int maxSymbols, int maxStates) {
    this.lexer = lexer;
    this.budget = grammar.budget();
    Productions productions = new Productions(grammar, maxSymbols);
    for (Productions.Terminal terminal : productions.terminals) {
      automata.add(
          terminal.part() >= 0
              ? grammar.parts().get(terminal.part())
              : new TextAutomaton(lexer, terminal.language()));
    }
    stack = new ProductionStack(productions, automata, budget, maxStates);
    ThreadSet threads = new ThreadSet();
    stack.begin(threads);
    start = sets.intern(threads.toArray());
  }

  /** Threads being collected. */
  static final class ThreadSet {
    private final List<int[]> threads = new ArrayList<>();

    void add(int automaton, long state, int stack) {
      threads.add(new int[] {automaton, (int) (state >>> 32), (int) state, stack});
      if (threads.size() > MAX_THREADS) {
        throw new GrammarException(
            Code.TOO_COMPLEX, "alternatives", "", "too many ways to read the same text");
      }
    }

    void done() {
      add(DONE, 0, 0);
    }

    int[] toArray() {
      threads.sort(Arrays::compare);
      int[] all = new int[WIDTH * threads.size()];
      int size = 0;
      int[] last = {};
      for (int[] thread : threads) {
        if (!Arrays.equals(thread, last)) {
          System.arraycopy(thread, 0, all, size, WIDTH);
          size += WIDTH;
        }
        last = thread;
      }
      return Arrays.copyOf(all, size);
    }
  }

  private static long stateOf(int[] set, int at) {
    return (long) set[at + 1] << 32 | (set[at + 2] & 0xFFFF_FFFFL);
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public long step(long state, int value) {
    return step(state, value, false);
  }

  @Override
  public long probe(long state, int value) {
    return step(state, value, true);
  }

  private long step(long state, int value, boolean forget) {
    long key = state << 9 | (forget ? 256 : 0) | value;
    long known = steps.get(key, -1);
    if (known != -1) {
      return known;
    }
    budget.spend(2);
    int[] set = sets.get((int) state);
    ThreadSet next = new ThreadSet();
    for (int i = 0; i < set.length; i += WIDTH) {
      if (set[i] != DONE) {
        advance(set, i, value, forget, next);
      }
    }
    int[] threads = next.toArray();
    long result = threads.length == 0 ? DEAD : sets.intern(threads);
    if (!unsure) {
      steps.put(key, result);
    }
    return result;
  }

  private void advance(int[] set, int at, int value, boolean forget, ThreadSet next) {
    ByteAutomaton automaton = automata.get(set[at]);
    long before = stateOf(set, at);
    long after = forget ? automaton.probe(before, value) : automaton.step(before, value);
    if (automaton.takeUnsure()) {
      unsure = true;
    }
    if (after == DEAD) {
      return;
    }
    next.add(set[at], after, set[at + 3]);
    if (automaton.accepts(after)) {
      stack.resume(set[at + 3], next);
    }
  }

  @Override
  public boolean takeUnsure() {
    boolean result = unsure;
    unsure = false;
    return result;
  }

  @Override
  public long canonical(long state) {
    int[] set = sets.get((int) state);
    ThreadSet same = new ThreadSet();
    for (int i = 0; i < set.length; i += WIDTH) {
      if (set[i] == DONE) {
        same.done();
      } else {
        same.add(set[i], automata.get(set[i]).canonical(stateOf(set, i)), set[i + 3]);
      }
    }
    return sets.intern(same.toArray());
  }

  @Override
  public boolean accepts(long state) {
    return sets.get((int) state)[0] == DONE;
  }

  @Override
  public Lexer lexer() {
    return lexer;
  }

  /** With a single thread, that of its automaton. */
  @Override
  public int body(long state) {
    int[] set = sets.get((int) state);
    return set.length == WIDTH && set[0] != DONE ? automata.get(set[0]).body(stateOf(set, 0)) : 0;
  }

  @Override
  public int freedom(long state) {
    int[] set = sets.get((int) state);
    int free = 0;
    for (int i = 0; i < set.length; i += WIDTH) {
      if (set[i] != DONE) {
        free = Math.max(free, automata.get(set[i]).freedom(stateOf(set, i)));
      }
    }
    return free;
  }

  @Override
  public long close(long state, int slot) {
    int[] set = sets.get((int) state);
    ByteAutomaton automaton = automata.get(set[0]);
    long after = automaton.close(stateOf(set, 0), slot);
    if (automaton.takeUnsure()) {
      unsure = true;
    }
    if (after == DEAD) {
      return DEAD;
    }
    ThreadSet next = new ThreadSet();
    next.add(set[0], after, set[3]);
    if (automaton.accepts(after)) {
      stack.resume(set[3], next);
    }
    return sets.intern(next.toArray());
  }

  @Override
  public long size() {
    long parts = 0;
    for (ByteAutomaton automaton : automata) {
      parts += automaton instanceof TextAutomaton ? 0 : automaton.size();
    }
    return parts + lexer.bytes() + sets.bytes() + 32L * steps.size() + stack.size();
  }
}
