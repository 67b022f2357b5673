package ai.kolm.grammar.regex;

import java.util.Arrays;

/**
 * A set of code points as sorted, disjoint, non-adjacent ranges {@code lo0, hi0, lo1, hi1, ...},
 * both ends inside. Surrogates are not characters and never members.
 */
public final class CodePoints {
  /** The highest code point. */
  public static final int MAX = Character.MAX_CODE_POINT;

  /** All characters. */
  static final int[] ALL = {0, 0xD7FF, 0xE000, MAX};

  /** No character. */
  static final int[] NONE = {};

  private CodePoints() {}

  /** The set of the ranges in {@code pairs}, in any order, overlapping or not. */
  public static int[] of(int... pairs) {
    long[] ranges = new long[pairs.length / 2];
    for (int i = 0; i < ranges.length; i++) {
      ranges[i] = ((long) pairs[2 * i] << 32) | pairs[2 * i + 1];
    }
    Arrays.sort(ranges);
    int[] merged = new int[pairs.length];
    int size = 0;
    for (long range : ranges) {
      int lo = (int) (range >>> 32);
      int hi = (int) range;
      if (hi < lo) {
        continue;
      }
      if (size > 0 && lo <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], hi);
      } else {
        merged[size++] = lo;
        merged[size++] = hi;
      }
    }
    return withoutSurrogates(Arrays.copyOf(merged, size));
  }

  private static int[] withoutSurrogates(int[] set) {
    return overlaps(set, 0xD800, 0xDFFF) ? intersect(set, ALL) : set;
  }

  private static boolean overlaps(int[] set, int lo, int hi) {
    for (int i = 0; i < set.length; i += 2) {
      if (set[i] <= hi && set[i + 1] >= lo) {
        return true;
      }
    }
    return false;
  }

  static int[] intersect(int[] a, int[] b) {
    int[] out = new int[a.length + b.length];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      int lo = Math.max(a[i], b[j]);
      int hi = Math.min(a[i + 1], b[j + 1]);
      if (lo <= hi) {
        out[size++] = lo;
        out[size++] = hi;
      }
      if (a[i + 1] < b[j + 1]) {
        i += 2;
      } else {
        j += 2;
      }
    }
    return Arrays.copyOf(out, size);
  }

  /** The characters that are not in {@code set}. */
  public static int[] complement(int[] set) {
    int[] out = new int[set.length + 2];
    int size = 0;
    int next = 0;
    for (int i = 0; i < set.length; i += 2) {
      if (set[i] > next) {
        out[size++] = next;
        out[size++] = set[i] - 1;
      }
      next = set[i + 1] + 1;
    }
    if (next <= MAX) {
      out[size++] = next;
      out[size++] = MAX;
    }
    return withoutSurrogates(Arrays.copyOf(out, size));
  }

  static int[] union(int[] a, int[] b) {
    int[] pairs = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, pairs, a.length, b.length);
    return of(pairs);
  }

  static boolean contains(int[] set, int codePoint) {
    for (int i = 0; i < set.length; i += 2) {
      if (codePoint <= set[i + 1]) {
        return codePoint >= set[i];
      }
    }
    return false;
  }
}
