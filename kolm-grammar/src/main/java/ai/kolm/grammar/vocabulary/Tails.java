package ai.kolm.grammar.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What comes behind a quote inside of tokens. A vocabulary has over a thousand tokens with a quote
 * but few different tails behind it; so what a closed string allows is asked once per tail.
 */
public final class Tails {
  private final ByteTrie trie;
  private final int[][] byNode;
  private final int count;

  Tails(TokenBytes.Part part, TokenBytes tokens) {
    ByteTrie all = part.trie();
    TreeMap<byte[], Integer> numbers = new TreeMap<>(Arrays::compareUnsigned);
    List<byte[]> firstBytes = new ArrayList<>();
    for (int[] aliases : part.tokens()) {
      firstBytes.add(tokens.bytes(aliases[0]));
    }
    forEachTail(all, (quote, key) -> numbers.put(tail(firstBytes.get(key), all.depth(quote)), 0));
    int next = 0;
    for (Map.Entry<byte[], Integer> tail : numbers.entrySet()) {
      tail.setValue(next++);
    }
    count = next;
    trie = new ByteTrie(numbers.keySet().toArray(byte[][]::new));
    byNode = new int[all.size()][];
    int[] sizes = new int[all.size()];
    forEachTail(all, (quote, key) -> sizes[quote] += 2);
    int[] filled = new int[all.size()];
    forEachTail(
        all,
        (quote, key) -> {
          if (byNode[quote] == null) {
            byNode[quote] = new int[sizes[quote]];
          }
          int number = numbers.getOrDefault(tail(firstBytes.get(key), all.depth(quote)), 0);
          byNode[quote][filled[quote]++] = number;
          byNode[quote][filled[quote]++] = key;
        });
  }

  private interface Visitor {
    void visit(int quote, int key);
  }

  private static void forEachTail(ByteTrie trie, Visitor visitor) {
    for (int node = 1; node < trie.size(); node++) {
      if (trie.label(node) == '"') {
        for (int below = node; below < trie.end(node); below++) {
          if (trie.key(below) >= 0) {
            visitor.visit(node, trie.key(below));
          }
        }
      }
    }
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  /** The different tails; the key of a tail is its number. */
  public ByteTrie trie() {
    return trie;
  }

  /** How many there are; their numbers are below this. */
  public int count() {
    return count;
  }

  /** Per token below a node that is a quote: the number of its tail, the key of the token. */
  public int[] below(int quote) {
    return byNode[quote];
  }
}
