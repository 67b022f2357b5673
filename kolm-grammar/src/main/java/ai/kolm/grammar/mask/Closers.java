package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens with a quote that ends a string.
 *
 * @param slot that accepts at the quote
 * @param ranges of pairs of {@link Tails}: from, to, from, to, ...
 */
record Closers(int slot, int[] ranges) {

  /**
   * The tokens that end the string at {@code state} of {@code lexer}.
   *
   * @param free the ranges of a string of any text, if that is known and {@code state} is between
   *     characters: what begins with the same bytes then ends it with the same tokens
   */
  static List<Closers> of(Lexer lexer, int state, TokenBytes tokens, int @Nullable [] free) {
    ByteTrie trie = tokens.rest().trie();
    Tails tails = tokens.tails();
    Tails.Quotes quotes = tails.quotes();
    int[] states = new int[trie.height() + 1];
    states[0] = state;
    Ranges ranges = new Ranges();
    int place = 0;
    while (place < quotes.nodes().length) {
      int node = quotes.nodes()[place];
      int depth = trie.depth(node);
      int before = states[depth - 1];
      if (trie.label(node) == '"' && lexer.isStringBody(before)) {
        for (int slot : lexer.accepting(before)) {
          ranges.add(slot, tails.start(node), tails.endOf(node));
        }
        place = quotes.ends()[place];
        continue;
      }
      int next = lexer.step(before, trie.label(node));
      if (next == Lexer.DEAD) {
        place = quotes.ends()[place];
      } else if (free != null && isAnyText(lexer, next)) {
        int end = tails.start(trie.end(node));
        ranges.addWithin(lexer.slots(next)[0], free, tails.start(node), end);
        place = quotes.ends()[place];
      } else {
        states[depth] = next;
        place++;
      }
    }
    return ranges.closers();
  }

  private static boolean isAnyText(Lexer lexer, int state) {
    int[] slots = lexer.slots(state);
    return lexer.isStringBody(state) && slots.length == 2 && slots[1] == RegexAlgebra.ANY_TEXT;
  }

  /** Ranges per slot, in ascending order. */
  private static final class Ranges {
    private final List<Closers> closers = new ArrayList<>();
    private int[] sizes = new int[4];

    void add(int slot, int from, int to) {
      int at = find(slot);
      int[] list = closers.get(at).ranges;
      int size = sizes[at];
      if (size > 0 && list[size - 1] == from) {
        list[size - 1] = to;
        return;
      }
      if (size == list.length) {
        list = Arrays.copyOf(list, 2 * size);
        closers.set(at, new Closers(slot, list));
      }
      list[size] = from;
      list[size + 1] = to;
      sizes[at] = size + 2;
    }

    /** What of {@code ranges} lies between {@code from} and {@code to}. */
    void addWithin(int slot, int[] ranges, int from, int to) {
      int found = Arrays.binarySearch(ranges, from);
      for (int i = (found < 0 ? -found - 1 : found) & -2; i < ranges.length; i += 2) {
        if (ranges[i] >= to) {
          return;
        }
        int start = Math.max(from, ranges[i]);
        int end = Math.min(to, ranges[i + 1]);
        if (start < end) {
          add(slot, start, end);
        }
      }
    }

    private int find(int slot) {
      int at = 0;
      while (at < closers.size() && closers.get(at).slot != slot) {
        at++;
      }
      if (at == closers.size()) {
        closers.add(new Closers(slot, new int[8]));
        sizes = at < sizes.length ? sizes : Arrays.copyOf(sizes, 2 * at);
        sizes[at] = 0;
      }
      return at;
    }

    List<Closers> closers() {
      for (int i = 0; i < closers.size(); i++) {
        Closers one = closers.get(i);
        closers.set(i, new Closers(one.slot, Arrays.copyOf(one.ranges, sizes[i])));
      }
      return closers;
    }
  }
}
