package ai.kolm.grammar.vocabulary;

import ai.kolm.grammar.regex.Characters;
import java.util.Arrays;

/**
 * Per node of a trie the characters of all that is written at and below it, behind the node's
 * parent. Few sets are different; each is kept once. Immutable.
 */
final class Alphabets {
  /** What is no part of whole characters that stand in a JSON string as they are. */
  private static final long OTHER = 1L << 63;

  private final int[] numbers;
  private long[] low = new long[64];
  private long[] high = new long[64];
  private long[] leads = new long[64];
  private int[] table = new int[256];
  private int size;

  /**
   * @param whole whether the strings are of well-formed UTF-8; if not, nothing beyond ASCII counts
   */
  Alphabets(ByteTrie trie, boolean whole) {
    numbers = new int[trie.size()];
    for (int node = trie.size() - 1; node > 0; node--) {
      int label = trie.label(node);
      long l = label < 64 ? 1L << label : 0;
      long h = label >= 64 && label < 128 ? 1L << label : 0;
      long b = label < 0x80 ? 0 : whole ? Characters.bit(label) : OTHER;
      for (int child = node + 1; child < trie.end(node); child = trie.end(child)) {
        l |= low[numbers[child]];
        h |= high[numbers[child]];
        b |= leads[numbers[child]];
      }
      numbers[node] = number(l, h, b);
    }
  }

  private int number(long l, long h, long b) {
    int slot = slot(l, h, b);
    for (int at; (at = table[slot] - 1) >= 0; slot = (slot + 1) & (table.length - 1)) {
      if (low[at] == l && high[at] == h && leads[at] == b) {
        return at;
      }
    }
    if (size == low.length) {
      low = Arrays.copyOf(low, 2 * size);
      high = Arrays.copyOf(high, 2 * size);
      leads = Arrays.copyOf(leads, 2 * size);
    }
    low[size] = l;
    high[size] = h;
    leads[size] = b;
    table[slot] = ++size;
    if (2 * size > table.length) {
      rehash();
    }
    return size - 1;
  }

  /** Where to look first. */
  private int slot(long l, long h, long b) {
    long hash = ((l * 31 + h) * 31 + b) * 0x9E3779B97F4A7C15L;
    return (int) (hash >>> 40) & (table.length - 1);
  }

  private void rehash() {
    table = new int[2 * table.length];
    for (int at = 0; at < size; at++) {
      int slot = slot(low[at], high[at], leads[at]);
      while (table[slot] != 0) {
        slot = (slot + 1) & (table.length - 1);
      }
      table[slot] = at + 1;
    }
  }

  /** Whether something that is written at and below {@code node} is of {@code characters}. */
  boolean meets(int node, Characters characters) {
    int at = numbers[node];
    return ((low[at] & characters.low())
            | (high[at] & characters.high())
            | (leads[at] & characters.leads()))
        != 0;
  }

  /** Whether all that is written at and below {@code node} is of {@code characters}. */
  boolean within(int node, Characters characters) {
    int at = numbers[node];
    return (low[at] & ~characters.low()) == 0
        && (high[at] & ~characters.high()) == 0
        && (leads[at] & ~characters.leads()) == 0;
  }
}
