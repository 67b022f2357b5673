package ai.kolm.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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

  /** What is done with a pair. */
  interface Pairs {
    void pair(int first, int second);
  }

  NearDuplicates(List<String> texts) {
    Map<Long, Integer> counts = new HashMap<>();
    for (String text : texts) {
      long[] own = shingles(text);
      shingles.add(own);
      for (long shingle : own) {
        counts.merge(shingle, 1, Integer::sum);
      }
    }
    double most = texts.size() < FEW_TEXTS ? texts.size() : COMMON * texts.size();
    shingles.replaceAll(
        own -> Arrays.stream(own).filter(s -> counts.getOrDefault(s, 0) <= most).toArray());
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
    int[][] signatures = new int[shingles.size()][];
    for (int i = 0; i < signatures.length; i++) {
      signatures[i] = signature(shingles.get(i));
    }
    for (int band = 0; band < PERMUTATIONS; band += rows) {
      Map<Long, List<Integer>> buckets = new HashMap<>();
      for (int i = 0; i < signatures.length; i++) {
        if (shingles.get(i).length > 0) {
          long key = 17;
          for (int r = band; r < band + rows; r++) {
            key = key * 0x9E3779B97F4A7C15L + signatures[i][r];
          }
          buckets.computeIfAbsent(key, _ -> new ArrayList<>()).add(i);
        }
      }
      buckets.values().forEach(bucket -> verify(bucket, pairs));
    }
  }

  /** In a large bucket each is compared with the next ones only: they form a chain all the same. */
  private void verify(List<Integer> bucket, Pairs pairs) {
    int reach = bucket.size() > MAX_BAND ? 8 : bucket.size();
    for (int i = 0; i < bucket.size(); i++) {
      for (int j = i + 1; j < Math.min(bucket.size(), i + 1 + reach); j++) {
        if (similarity(bucket.get(i), bucket.get(j)) >= SIMILAR) {
          pairs.pair(bucket.get(i), bucket.get(j));
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
