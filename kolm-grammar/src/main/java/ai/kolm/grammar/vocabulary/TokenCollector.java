package ai.kolm.grammar.vocabulary;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tokens being collected: a list of ids while they are few, a bit for every id once they are many.
 * A token may be added twice. For one thread at a time.
 */
public final class TokenCollector {
  private final int words;
  private int[] few = new int[32];
  private int size;
  private long @Nullable [] bits;

  /** None yet, of a vocabulary whose masks have so many words. */
  public TokenCollector(int words) {
    this.words = words;
  }

  /** Adds one. */
  public void add(int id) {
    if (bits != null) {
      bits[id >> 6] |= 1L << id;
    } else if (size < few.length) {
      few[size++] = id;
    } else {
      grow(id);
    }
  }

  private void grow(int id) {
    if (size < words) {
      few = Arrays.copyOf(few, 2 * size);
      few[size++] = id;
    } else {
      bits()[id >> 6] |= 1L << id;
    }
  }

  /** Adds some. */
  public void addAll(int[] ids) {
    for (int id : ids) {
      add(id);
    }
  }

  /** All of them as a bit for every id: to be changed at will, until the next call of this. */
  public long[] bits() {
    if (bits == null) {
      bits = new long[words];
      for (int i = 0; i < size; i++) {
        bits[few[i] >> 6] |= 1L << few[i];
      }
    }
    return bits;
  }

  /** A list of them, some perhaps twice; null if they are too many for one. */
  public int @Nullable [] few() {
    return bits == null ? Arrays.copyOf(few, size) : null;
  }
}
