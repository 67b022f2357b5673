package ai.kolm.tokenizer;

import java.util.Arrays;

/** Tokens by the bytes they stand for: a hash table. Immutable once built. */
final class ByteIndex {
  private static final int NONE = -1;

  private final byte[][] keys;
  private final int[] ids;
  private int size;

  /** An index for at most {@code capacity} tokens. */
  ByteIndex(int capacity) {
    int slots = Integer.highestOneBit(Math.max(8, capacity)) << 2;
    keys = new byte[slots][];
    ids = new int[slots];
    Arrays.fill(ids, NONE);
  }

  /** Adds a token, unless there is one of the same bytes; then returns that. */
  int add(byte[] key, int id) {
    int slot = slot(key, 0, key.length);
    if (ids[slot] == NONE) {
      if (++size > ids.length / 2) {
        throw new IllegalStateException("more than " + ids.length / 2 + " tokens");
      }
      keys[slot] = key;
      ids[slot] = id;
    }
    return ids[slot];
  }

  /** The token of {@code text[from, to)}; -1 if there is none. */
  int find(byte[] text, int from, int to) {
    return ids[slot(text, from, to)];
  }

  int find(byte[] text) {
    return find(text, 0, text.length);
  }

  /** Where the key is, or would be. */
  private int slot(byte[] text, int from, int to) {
    int mask = ids.length - 1;
    int slot = (int) (hash(text, from, to) >>> 20) & mask;
    while (ids[slot] != NONE && !Arrays.equals(keys[slot], 0, keys[slot].length, text, from, to)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  /** A hash of some bytes; its upper bits are the better ones. */
  static long hash(byte[] text, int from, int to) {
    long hash = (long) to - from;
    for (int i = from; i < to; i++) {
      hash = (hash ^ (text[i] & 0xFF)) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 29;
    }
    return hash * 0x9E3779B97F4A7C15L;
  }
}
