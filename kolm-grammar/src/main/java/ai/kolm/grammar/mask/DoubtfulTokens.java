package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.Arrays;

/**
 * Tokens about which looking ahead could not tell, because it remembers less than reading does.
 * They are few and far between: those that end one key and begin and end the next. For one thread
 * at a time.
 */
final class DoubtfulTokens {
  private final ByteAutomaton automaton;
  private final TokenBytes tokens;
  private TokenBytes.Part[] parts = new TokenBytes.Part[16];
  private int[] keys = new int[16];
  private int size;

  DoubtfulTokens(ByteAutomaton automaton, TokenBytes tokens) {
    this.automaton = automaton;
    this.tokens = tokens;
  }

  void clear() {
    size = 0;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The tokens at and below a node. */
  void addBelow(TokenBytes.Part part, int node) {
    ByteTrie trie = part.trie();
    for (int below = node; below < trie.end(node); below++) {
      if (trie.key(below) >= 0) {
        add(part, trie.key(below));
      }
    }
  }

  /** The tokens of ranges of pairs. */
  void addPairs(int[] ranges) {
    for (int i = 0; i < ranges.length; i += 2) {
      for (int pair = ranges[i]; pair < ranges[i + 1]; pair++) {
        add(tokens.rest(), tokens.tails().key(pair));
      }
    }
  }

  /** Those of them that have one of the tails. */
  void addPairs(int[] ranges, long[] withTails) {
    Tails tails = tokens.tails();
    for (int i = 0; i < ranges.length; i += 2) {
      for (int pair = ranges[i]; pair < ranges[i + 1]; pair++) {
        int tail = tails.tail(pair);
        if ((withTails[tail >> 6] & (1L << tail)) != 0) {
          add(tokens.rest(), tails.key(pair));
        }
      }
    }
  }

  private void add(TokenBytes.Part part, int key) {
    if (size == keys.length) {
      parts = Arrays.copyOf(parts, 2 * size);
      keys = Arrays.copyOf(keys, 2 * size);
    }
    parts[size] = part;
    keys[size++] = key;
  }

  /** Reads each of them from {@code state}, forgetting nothing, and adds those allowed. */
  void resolve(long state, TokenCollector to) {
    for (int i = 0; i < size; i++) {
      long next = state;
      for (byte b : tokens.bytes(parts[i].first(keys[i]))) {
        next = automaton.step(next, b & 0xFF);
        if (next == ByteAutomaton.DEAD) {
          break;
        }
      }
      if (next != ByteAutomaton.DEAD) {
        parts[i].add(keys[i], to);
      }
    }
    automaton.takeUnsure();
  }
}
