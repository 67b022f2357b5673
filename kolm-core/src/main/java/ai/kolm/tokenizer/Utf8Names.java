package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.weights.Texts;
import java.util.Arrays;

/**
 * Names as bytes, for files that have them so: a hash table whose keys lie one behind the other. A
 * name is found by its parts, too, as merges have them.
 */
final class Utf8Names implements TokenNames {
  private static final int NONE = -1;

  private final Texts texts;
  private final byte[] bytes;

  /** By slot. */
  private final int[] ids;

  /** By slot, that most other names are told from one without looking at it. */
  private final int[] hashes;

  /** Names of no id yet. */
  Utf8Names(Texts texts) {
    this.texts = texts;
    this.bytes = texts.bytes();
    int slots = Integer.highestOneBit(Math.max(8, texts.size())) << 2;
    ids = new int[slots];
    hashes = new int[slots];
    Arrays.fill(ids, NONE);
  }

  @Override
  public int size() {
    return texts.size();
  }

  @Override
  public String get(int id) {
    return texts.get(id);
  }

  /** The bytes of all: those of {@code id} from {@link #start} to {@link #end}. */
  byte[] bytes() {
    return bytes;
  }

  int start(int id) {
    return texts.start(id);
  }

  int end(int id) {
    return texts.end(id);
  }

  @Override
  public boolean isEmpty(int id) {
    return texts.start(id) == texts.end(id);
  }

  @Override
  public boolean isLonger(int id, int limit) {
    // No UTF-16 unit takes less than a byte.
    return texts.end(id) - texts.start(id) > limit && get(id).length() > limit;
  }

  @Override
  public int add(int id) {
    int from = texts.start(id);
    int to = texts.end(id);
    int hash = hash(0, bytes, from, to);
    int slot = slot(hash, bytes, from, to, to, to);
    if (ids[slot] == NONE) {
      ids[slot] = id;
      hashes[slot] = hash;
    }
    return ids[slot];
  }

  @Override
  public int find(String name) {
    byte[] text = name.getBytes(UTF_8);
    return find(hash(0, text, 0, text.length), text, 0, text.length, 0, 0);
  }

  /**
   * The id of the name that is {@code text[from, to)}, then {@code text[from2, to2)}; -1 if there
   * is none.
   *
   * @param hash of these bytes
   */
  int find(int hash, byte[] text, int from, int to, int from2, int to2) {
    return ids[slot(hash, text, from, to, from2, to2)];
  }

  /** The hash of bytes that hash to {@code start} and then {@code text[from, to)}. */
  static int hash(int start, byte[] text, int from, int to) {
    int hash = start;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    return hash;
  }

  /** Where the name is, or would be. */
  private int slot(int hash, byte[] text, int from, int to, int from2, int to2) {
    int mask = ids.length - 1;
    int slot = ((hash * 0x9E3779B9) >>> 8) & mask;
    while (ids[slot] != NONE
        && (hashes[slot] != hash || !is(ids[slot], text, from, to, from2, to2))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean is(int id, byte[] text, int from, int to, int from2, int to2) {
    int at = texts.start(id);
    if (texts.end(id) - at != to - from + to2 - from2) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[at++] != text[i]) {
        return false;
      }
    }
    for (int i = from2; i < to2; i++) {
      if (bytes[at++] != text[i]) {
        return false;
      }
    }
    return true;
  }
}
