package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which tails of tokens may follow a string that has just ended, per state it ended in. Many states
 * allow the same tails: the sets are numbered. For one thread at a time.
 */
final class TailSets {
  /**
   * Tails by their numbers, as bits.
   *
   * @param sure that may follow
   * @param doubtful of which that depends on what has been forgotten; null: none
   */
  record Tailings(long[] sure, long @Nullable [] doubtful) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Tailings t
          && Arrays.equals(sure, t.sure)
          && Arrays.equals(doubtful, t.doubtful);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(sure) * 31 + Arrays.hashCode(doubtful);
    }
  }

  private final Tails tails;
  private final ProbeWalk walk;
  private final LongMap numbers = new LongMap();
  private final Map<Tailings, Integer> ids = new HashMap<>();
  private final List<Tailings> sets = new ArrayList<>();
  private long bytes;

  TailSets(ByteAutomaton automaton, Tails tails) {
    this.tails = tails;
    this.walk = new ProbeWalk(automaton, tails.trie());
  }

  /** The number of the set of tails that may follow {@code closed}. */
  int of(long closed) {
    int number = (int) numbers.get(closed, -1);
    if (number < 0) {
      number = intern(walk(closed));
      numbers.put(closed, number);
      bytes += 32; // a long and a long, half of the places taken
    }
    return number;
  }

  /** The set with a number. */
  Tailings get(int number) {
    return sets.get(number);
  }

  private int intern(Tailings set) {
    Integer known = ids.putIfAbsent(set, sets.size());
    if (known != null) {
      return known;
    }
    sets.add(set);
    bytes += 128 + 8L * set.sure.length + (set.doubtful == null ? 0 : 8L * set.doubtful.length);
    return sets.size() - 1;
  }

  /** Memory taken, in bytes. */
  long bytes() {
    return bytes;
  }

  private Tailings walk(long closed) {
    ByteTrie trie = tails.trie();
    long[] sure = new long[(tails.count() + 63) >> 6];
    long[] doubtful = new long[sure.length];
    if (trie.key(0) >= 0) {
      set(sure, trie.key(0));
    }
    walk.from(
        closed,
        node -> false,
        tail -> set(sure, tail),
        node -> {
          for (int tail = trie.keysBefore(node); tail < trie.keysBefore(trie.end(node)); tail++) {
            set(doubtful, tail);
          }
        });
    return new Tailings(sure, Arrays.stream(doubtful).allMatch(w -> w == 0) ? null : doubtful);
  }

  private static void set(long[] bits, int index) {
    bits[index >> 6] |= 1L << index;
  }
}
