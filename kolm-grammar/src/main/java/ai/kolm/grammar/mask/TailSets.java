package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which tails of tokens may follow a string that has just ended, per state it ended in. For one
 * thread at a time.
 */
final class TailSets {
  /**
   * Tails by their numbers, as bits.
   *
   * @param sure that may follow
   * @param doubtful of which that depends on what has been forgotten; null: none
   */
  record Tailings(long[] sure, long @Nullable [] doubtful) {}

  private final ByteAutomaton automaton;
  private final Tails tails;
  private final long[] states;
  private final LongMap numbers = new LongMap();
  private final List<Tailings> sets = new ArrayList<>();

  TailSets(ByteAutomaton automaton, Tails tails) {
    this.automaton = automaton;
    this.tails = tails;
    this.states = new long[tails.trie().height() + 1];
  }

  /** The tails that may follow {@code closed}. */
  Tailings of(long closed) {
    int known = (int) numbers.get(closed, -1);
    if (known >= 0) {
      return sets.get(known);
    }
    Tailings set = walk(closed);
    numbers.put(closed, sets.size());
    sets.add(set);
    return set;
  }

  private Tailings walk(long closed) {
    ByteTrie trie = tails.trie();
    long[] sure = new long[(tails.count() + 63) >> 6];
    long[] doubtful = null;
    if (trie.key(0) >= 0) {
      set(sure, trie.key(0));
    }
    states[0] = closed;
    int node = 1;
    while (node < trie.size()) {
      int depth = trie.depth(node);
      long next = automaton.probe(states[depth - 1], trie.label(node));
      if (automaton.takeUnsure()) {
        doubtful = doubtful == null ? new long[sure.length] : doubtful;
        for (int below = node; below < trie.end(node); below++) {
          if (trie.key(below) >= 0) {
            set(doubtful, trie.key(below));
          }
        }
        node = trie.end(node);
        continue;
      }
      if (next == ByteAutomaton.DEAD) {
        node = trie.end(node);
        continue;
      }
      states[depth] = next;
      if (trie.key(node) >= 0) {
        set(sure, trie.key(node));
      }
      node++;
    }
    return new Tailings(sure, doubtful);
  }

  private static void set(long[] bits, int index) {
    bits[index >> 6] |= 1L << index;
  }
}
