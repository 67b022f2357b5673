package ai.kolm.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the tokens of words that were met before: text repeats its words, and merging is what
 * costs. Bounded: each slot holds one short word, the last that fell on it.
 *
 * <p>Threads read and write without locks. That is safe because an entry is a record, whose final
 * fields any thread that sees it sees whole (JLS 17.5); a lost write costs only time.
 */
final class WordCache {
  private static final int SLOTS = 1 << 15;
  private static final int MAX_WORD = 48;

  private final @Nullable Entry[] entries = new @Nullable Entry[SLOTS];
  private final TokenModel model;

  private record Entry(byte[] word, int[] ids) {}

  WordCache(TokenModel model) {
    this.model = model;
  }

  /** Appends the tokens of a word. */
  void encode(byte[] text, int from, int to, IdBuffer out) {
    if (to - from > MAX_WORD) {
      model.encode(text, from, to, out);
      return;
    }
    int slot = (int) (ByteIndex.hash(text, from, to) >>> 40) & SLOTS - 1;
    Entry entry = entries[slot];
    if (entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, from, to)) {
      out.addAll(entry.ids);
      return;
    }
    int start = out.size();
    model.encode(text, from, to, out);
    entries[slot] = new Entry(Arrays.copyOfRange(text, from, to), out.from(start));
  }
}
