package ai.kolm.grammar.reply;

import ai.kolm.grammar.automaton.LongMap;
import java.util.Arrays;

/** Numbers, from 0, for the states of another automaton. */
final class Interned {
  private final LongMap numbers = new LongMap();
  private long[] states = new long[64];

  int number(long state) {
    int known = (int) numbers.get(state, -1);
    if (known >= 0) {
      return known;
    }
    int number = numbers.size();
    if (number == states.length) {
      states = Arrays.copyOf(states, 2 * number);
    }
    states[number] = state;
    numbers.put(state, number);
    return number;
  }

  long state(int number) {
    return states[number];
  }

  /** Memory taken, in bytes. */
  long bytes() {
    return 40L * states.length;
  }
}
