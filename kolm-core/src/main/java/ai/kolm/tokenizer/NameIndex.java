package ai.kolm.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Token ids by name: a hash table over a list of names. Immutable once built. */
final class NameIndex {
  private static final int NONE = -1;

  private final List<String> names;
  private final int[] ids;

  /** An empty index over {@code names}, to be filled by {@link #add}. */
  NameIndex(List<String> names) {
    this.names = names;
    ids = new int[Integer.highestOneBit(Math.max(8, names.size())) << 2];
    Arrays.fill(ids, NONE);
  }

  /** Adds the name of {@code id}; returns the id that has the name: another one if it is taken. */
  int add(int id) {
    int slot = slot(names.get(id));
    if (ids[slot] == NONE) {
      ids[slot] = id;
    }
    return ids[slot];
  }

  /** The id of a name; -1 if there is none. */
  int find(String name) {
    return ids[slot(name)];
  }

  private int slot(String name) {
    int mask = ids.length - 1;
    int hash = name.hashCode() * 0x9E3779B9;
    int slot = hash >>> 8 & mask;
    while (ids[slot] != NONE && !names.get(ids[slot]).equals(name)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
