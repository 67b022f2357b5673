package ai.kolm.grammar.vocabulary;

import ai.kolm.grammar.regex.Characters;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which safe tokens begin with a character, and which have it further on. So the tokens of nothing
 * but some characters are a few operations on whole masks, where reading the vocabulary takes as
 * many steps as it has tokens. Characters beyond ASCII are told apart by their first byte only.
 *
 * <p>Immutable but for masks made on demand; shared by threads.
 */
public final class CharacterTokens {
  /** Of ASCII, and the bytes that others begin with. */
  private static final int INDEXES = 0x80 + 64;

  private static final int FIRST_LEAD = 0xC2;
  private static final int MAX_KEPT = 64;

  private final Sets having;
  private final Sets beginning;
  private final long[] all;
  private final Map<Characters, long[]> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Characters, long[]> eldest) {
          return size() > MAX_KEPT;
        }
      };

  CharacterTokens(TokenBytes.Part safe, TokenBytes tokens) {
    int words = tokens.words();
    @Nullable TokenCollector[] having = new TokenCollector[INDEXES];
    @Nullable TokenCollector[] beginning = new TokenCollector[INDEXES];
    TokenCollector everything = new TokenCollector(words);
    for (int key = 0; key < safe.size(); key++) {
      byte[] bytes = tokens.bytes(safe.first(key));
      safe.add(key, of(beginning, bytes[0], words));
      for (int i = 1; i < bytes.length; i++) {
        if ((bytes[i] & 0xC0) != 0x80 && !isRepeated(bytes, i)) {
          safe.add(key, of(having, bytes[i], words));
        }
      }
      safe.add(key, everything);
    }
    this.having = new Sets(having);
    this.beginning = new Sets(beginning);
    this.all = everything.bits();
  }

  private static TokenCollector of(@Nullable TokenCollector[] sets, byte first, int words) {
    int index = index(first & 0xFF);
    TokenCollector known = sets[index];
    if (known == null) {
      known = new TokenCollector(words);
      sets[index] = known;
    }
    return known;
  }

  private static boolean isRepeated(byte[] bytes, int at) {
    for (int i = 1; i < at; i++) {
      if (bytes[i] == bytes[at]) {
        return true;
      }
    }
    return false;
  }

  private static int index(int first) {
    return first < 0x80 ? first : 0x80 + first - FIRST_LEAD;
  }

  /** The tokens that have nothing else behind their first character: not to be changed. */
  private long[] behind(Characters characters) {
    synchronized (kept) {
      long[] mask = kept.get(characters);
      if (mask == null) {
        mask = all.clone();
        for (int index = 0; index < INDEXES; index++) {
          if (!contains(characters, index)) {
            having.remove(index, mask);
          }
        }
        kept.put(characters, mask);
      }
      return mask;
    }
  }

  /** How many tokens begin with some characters. */
  public int count(Characters first) {
    int count = 0;
    for (int index = 0; index < INDEXES; index++) {
      count += contains(first, index) ? beginning.counts[index] : 0;
    }
    return count;
  }

  /** Adds the tokens of one of {@code first}, and then any number of {@code then}. */
  public void add(Characters first, Characters then, long[] to) {
    long[] from = behind(then);
    long[] begun = new long[all.length];
    for (int index = 0; index < INDEXES; index++) {
      if (contains(first, index)) {
        beginning.add(index, begun);
      }
    }
    for (int i = 0; i < to.length; i++) {
      to[i] |= begun[i] & from[i];
    }
  }

  private static boolean contains(Characters characters, int index) {
    long bits =
        index < 64 ? characters.low() : index < 128 ? characters.high() : characters.leads();
    return (bits & 1L << index) != 0;
  }

  /** Tokens per character: a list of ids where they are few, else a bit for every id. */
  private static final class Sets {
    final int[] counts = new int[INDEXES];
    private final int[] @Nullable [] few = new int[INDEXES][];
    private final long[] @Nullable [] many = new long[INDEXES][];

    Sets(@Nullable TokenCollector[] collected) {
      for (int index = 0; index < INDEXES; index++) {
        TokenCollector tokens = collected[index];
        if (tokens != null) {
          few[index] = tokens.few();
          many[index] = few[index] == null ? tokens.bits() : null;
          counts[index] = Arrays.stream(tokens.bits()).mapToInt(Long::bitCount).sum();
        }
      }
    }

    void add(int index, long[] to) {
      long[] bits = many[index];
      int[] ids = few[index];
      if (bits != null) {
        for (int i = 0; i < to.length; i++) {
          to[i] |= bits[i];
        }
      } else if (ids != null) {
        for (int id : ids) {
          to[id >> 6] |= 1L << id;
        }
      }
    }

    void remove(int index, long[] from) {
      long[] bits = many[index];
      int[] ids = few[index];
      if (bits != null) {
        for (int i = 0; i < from.length; i++) {
          from[i] &= ~bits[i];
        }
      } else if (ids != null) {
        for (int id : ids) {
          from[id >> 6] &= ~(1L << id);
        }
      }
    }
  }
}
