package ai.kolm.grammar.json;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.Arrays;

/** Threads in a normal form: sorted and without repetition, a bounded number of them. */
final class Distinct {
  private static final int MAX_THREADS = 4_096;

  private Distinct() {}

  private static GrammarException tooMany() {
    return new GrammarException(
        Code.TOO_COMPLEX, "alternatives", "", "too many ways to read the same text");
  }

  static int[] of(int[] kept, int size) {
    if (size > MAX_THREADS) {
      throw tooMany();
    }
    int[] sorted = Arrays.copyOf(kept, size);
    if (size > 1) {
      Arrays.sort(sorted);
      int count = 1;
      for (int i = 1; i < size; i++) {
        if (sorted[i] != sorted[count - 1]) {
          sorted[count++] = sorted[i];
        }
      }
      return count == size ? sorted : Arrays.copyOf(sorted, count);
    }
    return sorted;
  }

  /** Pairs of ints, to be sorted and without repetition. */
  static final class Pairs {
    private long[] pairs = new long[8];
    private int size;

    void add(int a, int b) {
      if (size == MAX_THREADS) {
        throw tooMany();
      }
      if (size == pairs.length) {
        pairs = Arrays.copyOf(pairs, 2 * size);
      }
      pairs[size++] = (long) a << 32 | b;
    }

    int[] distinct() {
      Arrays.sort(pairs, 0, size);
      int[] kept = new int[2 * size];
      int count = 0;
      for (int i = 0; i < size; i++) {
        if (i == 0 || pairs[i] != pairs[i - 1]) {
          kept[count++] = (int) (pairs[i] >>> 32);
          kept[count++] = (int) pairs[i];
        }
      }
      return count == kept.length ? kept : Arrays.copyOf(kept, count);
    }
  }
}
