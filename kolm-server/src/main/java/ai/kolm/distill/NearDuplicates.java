package ai.kolm.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Finds texts that are nearly the same: Jaccard similarity of their 5-word shingles of at least
 * 0.8. Candidates come from MinHash signatures (Broder 1997) of 128 permutations in 32 bands of 4;
 * each is verified. Shingles that more than a fifth of the texts have are templates, and do not
 * count.
 */
final class NearDuplicates {
  /** From here on two texts are nearly the same. */
  static final double SIMILAR = 0.8;

  private static final int WORDS = 5;
  private static final int PERMUTATIONS = 128;
  private static final int ROWS = 4;
  private static final double COMMON = 0.2;
  private static final int FEW_TEXTS = 10;
  private static final int MAX_BAND = 400;

  private final List<long[]> shingles = new ArrayList<>();
  private final int[][] signatures;

  /** What is done with a pair. */
  interface Pairs {
    void pair(int first, int second);
  }

  NearDuplicates(List<String> texts) {
    texts.forEach(text -> shingles.add(shingles(text)));
    double most = texts.size() < FEW_TEXTS ? texts.size() : COMMON * texts.size();
    long[] common = moreOftenThan(most);
    shingles.replaceAll(
        own -> Arrays.stream(own).filter(s -> Arrays.binarySearch(common, s) < 0).toArray());
    signatures = shingles.stream().map(NearDuplicates::signature).toArray(int[][]::new);
  }

  /** Shingles that more than so many texts have, sorted. */
  private long[] moreOftenThan(double most) {
    long[] all = shingles.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    LongStream.Builder common = LongStream.builder();
    int from = 0;
    for (int i = 1; i <= all.length; i++) {
      if (i == all.length || all[i] != all[from]) {
        if (i - from > most) {
          common.add(all[from]);
        }
        from = i;
      }
    }
    return common.build().toArray();
  }

  /** The hashes of all runs of five words, sorted, each once. */
  private static long[] shingles(String text) {
    String[] words = text.toLowerCase(Locale.ROOT).strip().split("\\s+", -1);
    int count = Math.max(1, words.length - WORDS + 1);
    long[] hashes = new long[count];
    for (int i = 0; i < count; i++) {
      long hash = 0xCBF29CE484222325L;
      for (int w = i; w < Math.min(words.length, i + WORDS); w++) {
        for (int c = 0; c < words[w].length(); c++) {
          hash = (hash ^ words[w].charAt(c)) * 0x100000001B3L;
        }
        hash = (hash ^ ' ') * 0x100000001B3L;
      }
      hashes[i] = hash;
    }
    return Arrays.stream(hashes).sorted().distinct().toArray();
  }

  /** Hands over all pairs that are nearly the same, as far as the bands find them. */
  void find(Pairs pairs) {
    find(ROWS, pairs);
  }

  /**
   * As above, with other bands.
   *
   * @param rows of a band; fewer find more
   */
  void find(int rows, Pairs pairs) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(signatures.length);
    int mask = (1 << bits) - 1;
    long[] keyed = new long[signatures.length];
    for (int band = 0; band < PERMUTATIONS; band += rows) {
      int count = 0;
      for (int i = 0; i < signatures.length; i++) {
        if (shingles.get(i).length > 0) {
          // The key, and behind it who has it: sorted, equal keys stand together.
          keyed[count++] = (key(signatures[i], band, rows) << bits) | i;
        }
      }
      Arrays.sort(keyed, 0, count);
      int from = 0;
      for (int i = 1; i <= count; i++) {
        if (i == count || keyed[i] >>> bits != keyed[from] >>> bits) {
          verify(keyed, from, i, mask, pairs);
          from = i;
        }
      }
    }
  }

  private static long key(int[] signature, int band, int rows) {
    long key = 17;
    for (int r = band; r < band + rows; r++) {
      key = (key ^ signature[r]) * 0x9E3779B97F4A7C15L;
      key ^= key >>> 29;
    }
    return key;
  }

  /** In a large bucket each is compared with the next ones only: they form a chain all the same. */
  private void verify(long[] keyed, int from, int to, int mask, Pairs pairs) {
    int reach = to - from > MAX_BAND ? 8 : to - from;
    for (int i = from; i < to; i++) {
      for (int j = i + 1; j < Math.min(to, i + 1 + reach); j++) {
        int first = (int) keyed[i] & mask;
        int second = (int) keyed[j] & mask;
        if (similarity(first, second) >= SIMILAR) {
          pairs.pair(first, second);
        }
      }
    }
  }

  private static int[] signature(long[] own) {
    int[] signature = new int[PERMUTATIONS];
    Arrays.fill(signature, Integer.MAX_VALUE);
    for (long shingle : own) {
      for (int p = 0; p < PERMUTATIONS; p++) {
        long hash = (shingle ^ (p * 0xD6E8FEB86659FD93L)) * 0xBF58476D1CE4E5B9L;
        int value = (int) ((hash ^ (hash >>> 29)) >>> 33);
        signature[p] = Math.min(signature[p], value);
      }
    }
    return signature;
  }

  /** The Jaccard similarity of two texts. */
  double similarity(int first, int second) {
    long[] a = shingles.get(first);
    long[] b = shingles.get(second);
    int common = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      int order = Long.compare(a[i], b[j]);
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    int all = a.length + b.length - common;
    return all == 0 ? 0 : common / (double) all;
  }
}
