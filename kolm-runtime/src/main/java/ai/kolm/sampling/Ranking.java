package ai.kolm.sampling;

import org.jspecify.annotations.Nullable;

/**
 * Ranks candidates by score, highest first, equal scores by lowest index, and finds how far down
 * one has to go to collect a given weight, without sorting.
 *
 * <p>A candidate is one {@code long}: the score, in bits that order as the numbers do, above the
 * complement of the index; so keys are distinct and one comparison settles ties too. The search is
 * quickselect on the weights of the parts instead of their sizes (Hoare 1961, "Algorithm 65:
 * FIND"): expected time is linear. The result depends on the keys only, not on their order.
 */
final class Ranking {
  private static final int SORTED_DIRECTLY = 24;

  private final long[] keys;
  private int size;

  /**
   * @param capacity the most candidates
   */
  Ranking(int capacity) {
    keys = new long[capacity];
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void add(float score, int index) {
    keys[size++] = key(score, index);
  }

  /** Forgets all but the {@code count} best; returns the last of those. */
  long keep(int count) {
    long last = reach(null, count);
    size = count;
    return last;
  }

  /**
   * The last key of the shortest prefix of the ranking whose weights sum to at least {@code mass};
   * the last key of all if even they do not. The prefix has at least one key. Reorders the keys:
   * those of the prefix come first.
   *
   * @param weights by index; {@code null}: each weighs 1
   */
  long reach(double @Nullable [] weights, double mass) {
    int low = 0;
    int high = size;
    double missing = mass;
    while (high - low > SORTED_DIRECTLY) {
      int middle = partition(low, high);
      double gained = 0;
      for (int i = low; i < middle; i++) {
        gained += weight(weights, i);
      }
      if (gained >= missing) {
        high = middle;
      } else {
        missing -= gained;
        low = middle;
      }
    }
    sort(low, high);
    int last = low;
    for (double gained = weight(weights, last);
        gained < missing && last + 1 < high;
        gained += weight(weights, last)) {
      last++;
    }
    return keys[last];
  }

  private double weight(double @Nullable [] weights, int at) {
    return weights == null ? 1 : weights[index(keys[at])];
  }

  /**
   * Splits [low, high) around a pivot, the better part first; returns where the second one starts.
   * Neither is empty.
   */
  private int partition(int low, int high) {
    int middle = (low + high) >>> 1;
    long pivot = median(keys[low], keys[middle], keys[high - 1]);
    int i = low - 1;
    int j = high;
    while (true) {
      do {
        i++;
      } while (keys[i] > pivot);
      do {
        j--;
      } while (keys[j] < pivot);
      if (i >= j) {
        return i;
      }
      long key = keys[i];
      keys[i] = keys[j];
      keys[j] = key;
    }
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private void sort(int low, int high) {
    for (int i = low + 1; i < high; i++) {
      long key = keys[i];
      int j = i;
      for (; j > low && keys[j - 1] < key; j--) {
        keys[j] = keys[j - 1];
      }
      keys[j] = key;
    }
  }

  private static long key(float score, int index) {
    int bits = Float.floatToRawIntBits(score + 0.0f);
    int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return (long) ordered << 32 | Integer.toUnsignedLong(~index);
  }

  static float score(long key) {
    int ordered = (int) (key >> 32);
    return Float.intBitsToFloat(ordered ^ ((ordered >> 31) & Integer.MAX_VALUE));
  }

  static int index(long key) {
    return ~(int) key;
  }
}
