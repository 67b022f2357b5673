package ai.kolm.grammar.json;

import ai.kolm.grammar.automaton.LongMap;
import java.util.Arrays;

/**
 * Interned stacks of open objects and arrays, as linked frames. 0 is the empty stack; equal stacks
 * have equal numbers.
 */
final class Stacks {
  static final int EMPTY = 0;

  private int[] parents = new int[64];
  private int[] frames = new int[64];
  private int[] depths = new int[64];
  private final LongMap ids = new LongMap();
  private int size = 1;

  int push(int parent, boolean array, int state) {
    int frame = state << 1 | (array ? 1 : 0);
    long key = (long) (parent + 1) << 32 | frame;
    int known = (int) ids.get(key, 0);
    if (known != 0) {
      return known;
    }
    if (size == parents.length) {
      parents = Arrays.copyOf(parents, 2 * size);
      frames = Arrays.copyOf(frames, 2 * size);
      depths = Arrays.copyOf(depths, 2 * size);
    }
    parents[size] = parent;
    frames[size] = frame;
    depths[size] = depths[parent] + 1;
    ids.put(key, size);
    return size++;
  }

  int parent(int stack) {
    return parents[stack];
  }

  boolean isArray(int stack) {
    return stack != EMPTY && (frames[stack] & 1) != 0;
  }

  boolean isObject(int stack) {
    return stack != EMPTY && (frames[stack] & 1) == 0;
  }

  /** The state of the innermost object or array. */
  int state(int stack) {
    return frames[stack] >>> 1;
  }

  int depth(int stack) {
    return depths[stack];
  }

  int size() {
    return size;
  }
}
