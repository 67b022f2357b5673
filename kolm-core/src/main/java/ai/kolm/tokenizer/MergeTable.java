package ai.kolm.tokenizer;

import java.util.Arrays;

/**
 * Which two neighbouring tokens merge into which one, and in what order: a hash table from a pair
 * of ids to a rank and an id. Immutable once built.
 */
final class MergeTable {
  /** What {@link #find} says of a pair that does not merge; greater than any other answer. */
  static final long NONE = Long.MAX_VALUE;

  private static final long EMPTY = -1;
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private long[] pairs = {};
  private long[] merges = {};
  private int shift;
  private int size;

  /** A table with room for {@code expected} pairs; more make it grow. */
  MergeTable(int expected) {
    allocate(Long.SIZE - Long.numberOfLeadingZeros(2L * Math.max(8, expected)));
  }

  private void allocate(int bits) {
    pairs = new long[1 << bits];
    merges = new long[1 << bits];
    shift = Long.SIZE - bits;
    Arrays.fill(pairs, EMPTY);
  }

  /**
   * Adds a pair unless it is there already; lower ranks merge first. Returns whether it was new.
   */
  boolean add(int left, int right, int rank, int merged) {
    if (2 * size >= pairs.length) {
      grow();
    }
    long pair = pair(left, right);
    int slot = slot(pair);
    if (pairs[slot] == pair) {
      return false;
    }
    pairs[slot] = pair;
    merges[slot] = (long) rank << Integer.SIZE | merged;
    size++;
    return true;
  }

  private void grow() {
    long[] oldPairs = pairs;
    long[] oldMerges = merges;
    allocate(Long.SIZE - shift + 1);
    for (int i = 0; i < oldPairs.length; i++) {
      if (oldPairs[i] != EMPTY) {
        int slot = slot(oldPairs[i]);
        pairs[slot] = oldPairs[i];
        merges[slot] = oldMerges[i];
      }
    }
  }

  /**
   * The rank in the upper and the id in the lower half; {@link #NONE} if the pair does not merge.
   */
  long find(int left, int right) {
    long pair = pair(left, right);
    int slot = slot(pair);
    return pairs[slot] == pair ? merges[slot] : NONE;
  }

  private static long pair(int left, int right) {
    return (long) left << Integer.SIZE | right;
  }

  /** Where the pair is, or would be. */
  private int slot(long pair) {
    int slot = (int) ((pair * SPREAD) >>> shift);
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = (slot + 1) & (pairs.length - 1);
    }
    return slot;
  }
}
