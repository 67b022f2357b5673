package ai.kolm.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding: a word starts as its single symbols; then, again and again, the neighbouring
 * pair that comes first in the {@link MergeTable} (of equal ones the leftmost) becomes one token,
 * until no pair merges.
 *
 * <p>Done literally, that is quadratic in the length of a word, and one word can be a megabyte. So
 * only short words are done literally, in an array; in long ones ({@link LongWord}) the pairs wait
 * in a heap and the symbols are a linked list, which takes O(n log n).
 *
 * @see <a href="https://aclanthology.org/P16-1162/">Sennrich, Haddow, Birch: Neural Machine
 *     Translation of Rare Words with Subword Units</a>
 */
final class BytePairEncoding implements TokenModel {
  private static final int SHORT = 32;

  private final Symbols symbols;
  private final MergeTable merges;
  private final @Nullable ByteIndex whole;

  /**
   * @param symbols what a word is made of at first
   * @param merges the pairs that merge
   * @param whole words that are one token whatever the merges say ({@code ignore_merges}); null for
   *     none
   */
  BytePairEncoding(Symbols symbols, MergeTable merges, @Nullable ByteIndex whole) {
    this.symbols = symbols;
    this.merges = merges;
    this.whole = whole;
  }

  @Override
  public void encode(byte[] text, int from, int to, IdBuffer out) {
    if (whole != null) {
      int id = whole.find(text, from, to);
      if (id >= 0) {
        out.add(id);
        return;
      }
    }
    int[] ids = new int[to - from];
    int count = symbols.of(text, from, to, ids);
    count = count <= SHORT ? mergeShort(ids, count) : new LongWord(ids, count, merges).merge();
    out.addAll(ids, count);
  }

  private int mergeShort(int[] ids, int count) {
    long[] found = new long[count];
    for (int i = 0; i + 1 < count; i++) {
      found[i] = merges.find(ids[i], ids[i + 1]);
    }
    int size = count;
    while (size > 1) {
      int best = 0;
      for (int i = 1; i + 1 < size; i++) {
        // Equal ranks: the leftmost stays.
        if (found[i] >>> Integer.SIZE < found[best] >>> Integer.SIZE) {
          best = i;
        }
      }
      if (found[best] == MergeTable.NONE) {
        break;
      }
      ids[best] = (int) found[best];
      size--;
      System.arraycopy(ids, best + 2, ids, best + 1, size - best - 1);
      System.arraycopy(found, best + 2, found, best + 1, Math.max(0, size - best - 2));
      if (best > 0) {
        found[best - 1] = merges.find(ids[best - 1], ids[best]);
      }
      if (best + 1 < size) {
        found[best] = merges.find(ids[best], ids[best + 1]);
      }
    }
    return size;
  }
}
