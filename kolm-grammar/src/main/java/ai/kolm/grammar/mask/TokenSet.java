package ai.kolm.grammar.mask;

import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of tokens: a list of ids where they are few, some perhaps twice, else a bit for
 * every id. Two are equal if they have the same arrays.
 *
 * @param few the ids, or null
 * @param words the bits, or null
 */
record TokenSet(int @Nullable [] few, long @Nullable [] words) {

  /** The tokens collected; nothing more may be added to {@code collected}. */
  static TokenSet of(TokenCollector collected) {
    int[] few = collected.few();
    if (few != null) {
      return new TokenSet(few, null);
    }
    long[] bits = collected.bits();
    int count = Arrays.stream(bits).mapToInt(Long::bitCount).sum();
    return count < bits.length / 2
        ? new TokenSet(ids(bits, count), null)
        : new TokenSet(null, bits);
  }

  private static int[] ids(long[] bits, int count) {
    int[] ids = new int[count];
    int size = 0;
    for (int word = 0; word < bits.length; word++) {
      for (long left = bits[word]; left != 0; left &= left - 1) {
        ids[size++] = (word << 6) + Long.numberOfTrailingZeros(left);
      }
    }
    return ids;
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

  /** Adds these tokens. */
  void addTo(TokenCollector to) {
    if (few != null) {
      to.addAll(few);
    }
    if (words != null) {
      long[] bits = to.bits();
      for (int i = 0; i < bits.length; i++) {
        bits[i] |= words[i];
      }
    }
  }

  /** Memory taken, in bytes. */
  long bytes() {
    return 40 + (few == null ? 0 : 4L * few.length) + (words == null ? 0 : 8L * words.length);
  }
}
