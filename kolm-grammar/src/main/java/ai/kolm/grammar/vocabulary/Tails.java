package ai.kolm.grammar.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What comes behind a quote inside of tokens. A vocabulary has over a thousand tokens with a quote
 * but few different tails behind it; so what a closed string allows is asked once per tail.
 *
 * <p>Tokens with a quote are listed as pairs, of the tail behind the quote and the token, in the
 * order of the trie of tokens that are not safe: what is below a node is a range of pairs. A token
 * with several quotes has a pair for each.
 *
 * <p>Immutable.
 */
public final class Tails {
  private final ByteTrie trie;
  private final int[] starts;
  private final int[] pairTails;
  private final int[] pairKeys;
  private final Quotes quotes;
  private final int longestToQuote;

  /**
   * The nodes that lead to a quote, and the quotes, in the order of the trie: all that has to be
   * walked to find out which tokens may end a string.
   *
   * @param nodes of the whole trie
   * @param ends per node, the place in this list that is behind its subtree
   */
  public record Quotes(int[] nodes, int[] ends) {}

  Tails(TokenBytes.Part part, TokenBytes tokens) {
    ByteTrie all = part.trie();
    TreeMap<byte[], Integer> numbers = new TreeMap<>(Arrays::compareUnsigned);
    List<byte[]> firstBytes = new ArrayList<>();
    for (int key = 0; key < part.size(); key++) {
      firstBytes.add(tokens.bytes(part.first(key)));
    }
    forEachTail(all, (quote, key) -> numbers.put(tail(firstBytes.get(key), all.depth(quote)), 0));
    int next = 0;
    for (Map.Entry<byte[], Integer> tail : numbers.entrySet()) {
      tail.setValue(next++);
    }
    trie = new ByteTrie(numbers.keySet().toArray(byte[][]::new));
    starts = new int[all.size() + 1];
    forEachTail(all, (quote, key) -> starts[quote + 1]++);
    for (int node = 0; node < all.size(); node++) {
      starts[node + 1] += starts[node];
    }
    pairTails = new int[starts[all.size()]];
    pairKeys = new int[pairTails.length];
    int[] filled = starts.clone();
    forEachTail(
        all,
        (quote, key) -> {
          int pair = filled[quote]++;
          pairTails[pair] = numbers.getOrDefault(tail(firstBytes.get(key), all.depth(quote)), 0);
          pairKeys[pair] = key;
        });
    quotes = quotes(all);
    longestToQuote = Arrays.stream(quotes.nodes).map(all::depth).max().orElse(0);
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

  private Quotes quotes(ByteTrie all) {
    int[] places = new int[all.size() + 1];
    int size = 0;
    for (int node = 1; node < all.size(); node++) {
      places[node] = size;
      size += leads(all, node) ? 1 : 0;
    }
    places[all.size()] = size;
    int[] nodes = new int[size];
    int[] ends = new int[size];
    for (int node = 1; node < all.size(); node++) {
      if (leads(all, node)) {
        nodes[places[node]] = node;
        ends[places[node]] = places[all.end(node)];
      }
    }
    return new Quotes(nodes, ends);
  }

  private boolean leads(ByteTrie all, int node) {
    return starts[all.end(node)] > starts[node];
  }

  /** The different tails; the key of a tail is its number. */
  public ByteTrie trie() {
    return trie;
  }

  /** How many there are; their numbers are below this. */
  public int count() {
    return Math.max(1, trie.keys());
  }

  /** The nodes that lead to quotes. */
  public Quotes quotes() {
    return quotes;
  }

  /** The most bytes of a token up to and with a quote. */
  public int longestToQuote() {
    return longestToQuote;
  }

  /** The first pair at or below a node; up to that of a subtree's end reach its pairs. */
  public int start(int node) {
    return starts[node];
  }

  /** The first pair that is not of the quote at {@code node} itself. */
  public int endOf(int node) {
    return starts[node + 1];
  }

  /** The number of a pair's tail. */
  public int tail(int pair) {
    return pairTails[pair];
  }

  /** The key of a pair's token. */
  public int key(int pair) {
    return pairKeys[pair];
  }
}
