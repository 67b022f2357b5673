package ai.kolm.grammar;

import java.util.Arrays;

/** A set of texts as a tree of their bytes: the judge of what may come next. */
final class TextSet {
  static final int ROOT = 0;
  static final int NONE = -1;

  private int[][] next = new int[64][];
  private boolean[] ends = new boolean[64];
  private int size = 1;

  void add(byte[] text) {
    int place = ROOT;
    for (byte b : text) {
      int after = after(place, b & 0xFF);
      if (after == NONE) {
        if (size == ends.length) {
          next = Arrays.copyOf(next, 2 * size);
          ends = Arrays.copyOf(ends, 2 * size);
        }
        if (next[place] == null) {
          next[place] = new int[256];
        }
        after = size++;
        next[place][b & 0xFF] = after;
      }
      place = after;
    }
    ends[place] = true;
  }

  boolean isEmpty() {
    return size == 1;
  }

  /** Where a byte leads; {@link #NONE} if no text goes on with it. */
  int after(int place, int value) {
    int found = next[place] == null ? 0 : next[place][value];
    return found == 0 ? NONE : found;
  }

  int after(int place, byte[] bytes) {
    int at = place;
    for (byte b : bytes) {
      at = after(at, b & 0xFF);
      if (at == NONE) {
        return NONE;
      }
    }
    return at;
  }

  /** Whether a text ends here. */
  boolean isText(int place) {
    return ends[place];
  }
}
