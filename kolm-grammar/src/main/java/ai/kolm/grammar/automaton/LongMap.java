package ai.kolm.grammar.automaton;

import java.util.Arrays;

/** Longs above 0 to longs: open addressing, no boxes, no removal. */
public final class LongMap {
  private long[] keys = new long[64];
  private long[] values = new long[64];
  private int size;

  /** The value of {@code key}, or {@code missing}. */
  public long get(long key, long missing) {
    int mask = keys.length - 1;
    for (int slot = slot(key, mask); keys[slot] != 0; slot = (slot + 1) & mask) {
      if (keys[slot] == key) {
        return values[slot];
      }
    }
    return missing;
  }

  /** Sets the value of a key that has none. */
  public void put(long key, long value) {
    if (2 * ++size > keys.length) {
      grow();
    }
    insert(key, value);
  }

  private void insert(long key, long value) {
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    values[slot] = value;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[2 * oldKeys.length];
    values = Arrays.copyOf(values, keys.length);
    Arrays.fill(values, 0);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        insert(oldKeys[i], oldValues[i]);
      }
    }
  }

  private static int slot(long key, int mask) {
    long hash = key * 0x9E3779B97F4A7C15L;
    return (int) (hash >>> 32) & mask;
  }

  /** The number of keys. */
  public int size() {
    return size;
  }
}
