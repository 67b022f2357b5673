package ai.kolm.grammar.mask;

import ai.kolm.grammar.TokenMask;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of tokens: a list of ids where they are few, else a bit for every id.
 *
 * @param few the ids, or null
 * @param words the bits, or null
 */
record TokenSet(int @Nullable [] few, long @Nullable [] words) {

  /** The set that {@code bits} say; takes the array over. */
  static TokenSet of(long[] bits) {
    int count = 0;
    for (long word : bits) {
      count += Long.bitCount(word);
    }
    if (count > bits.length) {
      return new TokenSet(null, bits);
    }
    int[] ids = new int[count];
    int size = 0;
    for (int i = 0; i < bits.length; i++) {
      for (long word = bits[i]; word != 0; word &= word - 1) {
        ids[size++] = (i << 6) + Long.numberOfTrailingZeros(word);
      }
    }
    return new TokenSet(ids, null);
  }

  void fill(TokenMask mask) {
    if (words != null) {
      mask.share(words);
      return;
    }
    mask.clear();
    if (few != null) {
      for (int id : few) {
        mask.allow(id);
      }
    }
  }

  /** Adds these tokens to {@code bits}. */
  void addTo(long[] bits) {
    if (few != null) {
      for (int id : few) {
        bits[id >> 6] |= 1L << id;
      }
    }
    if (words != null) {
      for (int i = 0; i < words.length; i++) {
        bits[i] |= words[i];
      }
    }
  }

  /** Memory taken, in bytes. */
  long bytes() {
    return 40 + (few == null ? 0 : 4L * few.length) + (words == null ? 0 : 8L * words.length);
  }
}
