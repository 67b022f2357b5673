package ai.kolm.tokenizer;

import java.util.Arrays;

/** Token ids that grow in number. For one thread. */
final class IdBuffer {
  private int[] ids;
  private int size;

  IdBuffer(int capacity) {
    ids = new int[Math.max(16, capacity)];
  }

  int size() {
    return size;
  }

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  void addAll(int[] more) {
    addAll(more, more.length);
  }

  void addAll(int[] more, int count) {
    if (size + count > ids.length) {
      ids = Arrays.copyOf(ids, Math.max(size + count, 2 * size));
    }
    System.arraycopy(more, 0, ids, size, count);
    size += count;
  }

  /** Drops the ids from {@code newSize} on. */
  void truncate(int newSize) {
    size = newSize;
  }

  int[] from(int start) {
    return Arrays.copyOfRange(ids, start, size);
  }
}
