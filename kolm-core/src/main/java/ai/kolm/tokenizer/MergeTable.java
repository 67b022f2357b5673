package ai.kolm.tokenizer;

/**
 * Which two neighbouring tokens merge into which one, and in what order: a hash table from a pair
 * of ids to a rank and an id. Immutable once built.
 */
final class MergeTable {
  /** What {@link #find} says of a pair that does not merge; greater than any other answer. */
  static final long NONE = Long.MAX_VALUE;

  private static final long EMPTY = -1;
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private final long[] pairs;
  private final long[] merges;
  private final int shift;
  private int size;

  /** A table for at most {@code capacity} pairs. */
  MergeTable(int capacity) {
    int bits = 64 - Long.numberOfLeadingZeros(2L * Math.max(8, capacity));
    pairs = new long[1 << bits];
    merges = new long[1 << bits];
    shift = 64 - bits;
    java.util.Arrays.fill(pairs, EMPTY);
  }

  /**
   * Adds a pair unless it is there already; lower ranks merge first. Returns whether it was new.
   */
  boolean add(int left, int right, int rank, int merged) {
    long pair = pair(left, right);
    int slot = slot(pair);
    while (pairs[slot] != EMPTY) {
      if (pairs[slot] == pair) {
        return false;
      }
      slot = slot + 1 & pairs.length - 1;
    }
    if (++size > pairs.length / 2) {
      throw new IllegalStateException("more than " + pairs.length / 2 + " pairs");
    }
    pairs[slot] = pair;
    merges[slot] = (long) rank << Integer.SIZE | merged;
    return true;
  }

  /**
   * The rank in the upper and the id in the lower half; {@link #NONE} if the pair does not merge.
   */
  long find(int left, int right) {
    long pair = pair(left, right);
    int slot = slot(pair);
    while (pairs[slot] != pair) {
      if (pairs[slot] == EMPTY) {
        return NONE;
      }
      slot = slot + 1 & pairs.length - 1;
    }
    return merges[slot];
  }

  private static long pair(int left, int right) {
    return (long) left << Integer.SIZE | right;
  }

  private int slot(long pair) {
    return (int) ((pair * SPREAD) >>> shift);
  }
}
