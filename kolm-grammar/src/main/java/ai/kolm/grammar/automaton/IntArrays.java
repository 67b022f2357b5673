package ai.kolm.grammar.automaton;

import java.util.Arrays;

/** Interned arrays of ints: equal contents have equal numbers, counted from 1. */
public final class IntArrays {
  private int[][] arrays = new int[64][];
  private int[] table = new int[256];
  private int size = 1;
  private long ints;

  /** The number of {@code array}, which must not be changed afterwards. */
  public int intern(int[] array) {
    int mask = table.length - 1;
    int slot = hash(array) & mask;
    while (table[slot] != 0) {
      if (Arrays.equals(arrays[table[slot]], array)) {
        return table[slot];
      }
      slot = (slot + 1) & mask;
    }
    if (size == arrays.length) {
      arrays = Arrays.copyOf(arrays, 2 * size);
    }
    arrays[size] = array;
    table[slot] = size;
    ints += array.length + 8;
    if (2 * ++size > table.length) {
      rehash();
    }
    return size - 1;
  }

  private void rehash() {
    table = new int[2 * table.length];
    int mask = table.length - 1;
    for (int i = 1; i < size; i++) {
      int slot = hash(arrays[i]) & mask;
      while (table[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      table[slot] = i;
    }
  }

  private static int hash(int[] array) {
    int hash = Arrays.hashCode(array) * 0x9E3779B9;
    return hash ^ hash >>> 16;
  }

  /** The array with a number. */
  public int[] get(int number) {
    return arrays[number];
  }

  /** One more than the highest number. */
  public int size() {
    return size;
  }

  /** An estimate of the memory taken, in bytes. */
  public long bytes() {
    return 4 * ints;
  }
}
