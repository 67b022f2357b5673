package ai.kolm.grammar;

import java.util.Arrays;

/**
 * A set of token ids: those that may come next. Reused from step to step; for one thread at a time.
 */
public final class TokenMask {
  private final long[] own;
  private final int size;
  private boolean everything;

  /** The set: {@link #own}, or words that somebody else owns and nobody changes. */
  private long[] bits;

  /**
   * An empty set.
   *
   * @param size ids are below this
   */
  public TokenMask(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("a vocabulary has at least one token, not " + size);
    }
    this.size = size;
    this.own = new long[(size + 63) >>> 6];
    this.bits = own;
  }

  /** Ids are below this. */
  public int size() {
    return size;
  }

  /** Allows every token; costs nothing. */
  public void allowAll() {
    everything = true;
  }

  /** Whether {@link #allowAll} was the last word: then nothing needs to be masked. */
  public boolean allowsAll() {
    return everything;
  }

  /** Allows no token. */
  public void clear() {
    everything = false;
    bits = own;
    Arrays.fill(own, 0);
  }

  /**
   * Allows exactly the ids in {@code words}; costs nothing, because the words are not copied.
   *
   * @param words bit i of word w stands for id 64 w + i; no longer than this set, no id above it;
   *     never changed again by anybody
   */
  public void share(long[] words) {
    if (words.length > own.length) {
      throw new IllegalArgumentException("%d words for %d tokens".formatted(words.length, size));
    }
    everything = false;
    bits = words;
  }

  /** Allows {@code id} too. */
  @SuppressWarnings("ReferenceEquality") // whose array it is, not what is in it
  public void allow(int id) {
    int word = Math.floorDiv(checked(id), 64);
    if (bits != own) {
      System.arraycopy(bits, 0, own, 0, bits.length);
      Arrays.fill(own, bits.length, own.length, 0);
      bits = own;
    }
    own[word] |= 1L << id;
  }

  /** Whether {@code id} is allowed. */
  public boolean allows(int id) {
    int word = Math.floorDiv(checked(id), 64);
    return everything || (word < bits.length && (bits[word] & (1L << id)) != 0);
  }

  /** The lowest allowed id that is at least {@code id}; -1 if there is none. */
  public int next(int id) {
    if (id >= size) {
      return -1;
    }
    if (everything) {
      return id;
    }
    int word = id >>> 6;
    if (word >= bits.length) {
      return -1;
    }
    long rest = bits[word] & (-1L << id);
    while (rest == 0) {
      if (++word == bits.length) {
        return -1;
      }
      rest = bits[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(rest);
  }

  /**
   * The ids from 64 {@code index} on, lowest first, as bits: for readers that go through the whole
   * set, a word at a time.
   */
  public long word(int index) {
    int first = index << 6;
    if (index < 0 || first >= size) {
      throw new IndexOutOfBoundsException("word %d of %d tokens".formatted(index, size));
    }
    if (everything) {
      return size - first >= 64 ? -1L : (1L << (size - first)) - 1;
    }
    return index < bits.length ? bits[index] : 0;
  }

  /** The number of {@linkplain #word words}. */
  public int words() {
    return own.length;
  }

  private int checked(int id) {
    if (id < 0 || id >= size) {
      throw new IndexOutOfBoundsException("token %d of %d".formatted(id, size));
    }
    return id;
  }
}
