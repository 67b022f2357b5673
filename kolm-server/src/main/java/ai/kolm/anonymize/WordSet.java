package ai.kolm.anonymize;

import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * A few words that a detector looks for. Nearly every word of a text is none of them, and that is
 * told from one bit: hashes that occur are marked in a table with many more bits than words (Bloom
 * 1970, with one hash function). Immutable.
 */
final class WordSet {
  private static final int BITS_PER_WORD = 32;

  private final Set<String> words;
  private final long[] marked;

  private WordSet(Collection<String> words) {
    this.words = Set.copyOf(words);
    int longs = Math.max(1, this.words.size() * BITS_PER_WORD / Long.SIZE);
    marked = new long[Integer.highestOneBit(2 * longs - 1)];
    for (String word : this.words) {
      int hash = spread(word);
      marked[slot(hash)] |= 1L << hash;
    }
  }

  static WordSet of(String... words) {
    return new WordSet(List.of(words));
  }

  static WordSet of(Collection<String> words) {
    return new WordSet(words);
  }

  private static int spread(String word) {
    int hash = word.hashCode() * 0x9E3779B1;
    return hash ^ (hash >>> 16);
  }

  private int slot(int hash) {
    return (hash >>> 6) & (marked.length - 1);
  }

  boolean contains(String word) {
    int hash = spread(word);
    return (marked[slot(hash)] & (1L << hash)) != 0 && words.contains(word);
  }

  /** The words, for sets that are made of several. */
  Set<String> words() {
    return words;
  }
}
