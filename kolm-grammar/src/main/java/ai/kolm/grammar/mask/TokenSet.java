package ai.kolm.grammar.mask;

import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.vocabulary.TokenCollector;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of tokens: a list of ids where they are few, some perhaps twice, else a bit for
 * every id.
 *
 * @param few the ids, or null
 * @param words the bits, or null
 */
record TokenSet(int @Nullable [] few, long @Nullable [] words) {

  /** The tokens collected; nothing more may be added to {@code collected}. */
  static TokenSet of(TokenCollector collected) {
    int[] few = collected.few();
    return few != null ? new TokenSet(few, null) : new TokenSet(null, collected.bits());
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
