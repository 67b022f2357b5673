package ai.kolm.grammar.regex;

import java.util.Arrays;

/**
 * The characters of each general category of Unicode, found in one pass over all of them, the first
 * time that anybody asks.
 */
final class GeneralCategories {
  private static final int TYPES = 32;

  private static final int[][] RANGES = ranges();

  private GeneralCategories() {}

  private static int[][] ranges() {
    int[][] ranges = new int[TYPES][16];
    int[] sizes = new int[TYPES];
    int from = 0;
    int type = Character.getType(0);
    for (int codePoint = 1; codePoint <= CodePoints.MAX + 1; codePoint++) {
      int next = codePoint > CodePoints.MAX ? -1 : Character.getType(codePoint);
      if (next == type) {
        continue;
      }
      if (sizes[type] == ranges[type].length) {
        ranges[type] = Arrays.copyOf(ranges[type], 2 * sizes[type]);
      }
      ranges[type][sizes[type]++] = from;
      ranges[type][sizes[type]++] = codePoint - 1;
      from = codePoint;
      type = next;
    }
    for (int i = 0; i < TYPES; i++) {
      ranges[i] = Arrays.copyOf(ranges[i], sizes[i]);
    }
    return ranges;
  }

  /** The characters whose type, as {@link Character#getType(int)} has it, is one of some. */
  static int[] of(byte... types) {
    int size = 0;
    for (byte type : types) {
      size += RANGES[type].length;
    }
    int[] all = new int[size];
    int at = 0;
    for (byte type : types) {
      System.arraycopy(RANGES[type], 0, all, at, RANGES[type].length);
      at += RANGES[type].length;
    }
    return CodePoints.of(all);
  }
}
