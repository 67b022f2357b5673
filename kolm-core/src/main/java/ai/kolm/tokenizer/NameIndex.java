package ai.kolm.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Token ids by name: a hash table over a list of names. Immutable once built. */
final class NameIndex implements TokenNames {
  private static final int NONE = -1;

  private final List<String> names;
  private final int[] ids;

  /** An empty index over {@code names}, to be filled by {@link #add}. */
  NameIndex(List<String> names) {
    this.names = names;
    ids = new int[Integer.highestOneBit(Math.max(8, names.size())) << 2];
    Arrays.fill(ids, NONE);
  }

  @Override
  public int size() {
    return names.size();
  }

  @Override
  public String get(int id) {
    return names.get(id);
  }

  @Override
  public boolean isEmpty(int id) {
    return names.get(id).isEmpty();
  }

  @Override
  public boolean isLonger(int id, int limit) {
    return names.get(id).length() > limit;
  }

  @Override
  public int add(int id) {
    int slot = slot(names.get(id));
    if (ids[slot] == NONE) {
      ids[slot] = id;
    }
    return ids[slot];
  }

  @Override
  public int find(String name) {
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
