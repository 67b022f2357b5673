package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one state of the lexer inside of a JSON string says about tokens, wherever in a document the
 * string stands.
 *
 * @param inside tokens that stay in the string
 * @param closers tokens that end it, by the slots that accept there
 */
record StringTokens(TokenSet inside, List<Closers> closers) {

  /**
   * Tokens with a quote that ends the string.
   *
   * @param slots that accept at the quote
   * @param ranges of pairs of {@link Tails}: from, to, from, to, ...
   */
  record Closers(int[] slots, int[] ranges) {}

  /** The tokens that end the string at {@code state} of {@code lexer}. */
  static List<Closers> closers(Lexer lexer, int state, TokenBytes tokens) {
    ByteTrie trie = tokens.rest().trie();
    Tails tails = tokens.tails();
    Tails.Quotes quotes = tails.quotes();
    int[] states = new int[trie.height() + 1];
    states[0] = state;
    Groups groups = new Groups();
    int place = 0;
    while (place < quotes.nodes().length) {
      int node = quotes.nodes()[place];
      int depth = trie.depth(node);
      int before = states[depth - 1];
      int label = trie.label(node);
      if (label == '"' && lexer.isStringBody(before)) {
        groups.add(lexer.accepting(before), tails.start(node), tails.endOf(node));
        place = quotes.ends()[place];
        continue;
      }
      int next = lexer.step(before, label);
      if (next == Lexer.DEAD) {
        place = quotes.ends()[place];
        continue;
      }
      states[depth] = next;
      place++;
    }
    return groups.build();
  }

  /** Ranges of pairs by the slots that accept. */
  private static final class Groups {
    private final List<int[]> slots = new ArrayList<>();
    private final List<int[]> ranges = new ArrayList<>();
    private int[] sizes = new int[4];
    private int last;

    void add(int[] accepting, int from, int to) {
      if (accepting.length == 0) {
        return;
      }
      int group = find(accepting);
      int[] list = ranges.get(group);
      int size = sizes[group];
      if (size > 0 && list[size - 1] == from) {
        list[size - 1] = to;
        return;
      }
      if (size == list.length) {
        list = Arrays.copyOf(list, 2 * size);
        ranges.set(group, list);
      }
      list[size] = from;
      list[size + 1] = to;
      sizes[group] = size + 2;
    }

    private int find(int[] accepting) {
      if (last < slots.size() && Arrays.equals(slots.get(last), accepting)) {
        return last;
      }
      last = 0;
      while (last < slots.size() && !Arrays.equals(slots.get(last), accepting)) {
        last++;
      }
      if (last == slots.size()) {
        slots.add(accepting);
        ranges.add(new int[16]);
        sizes = last < sizes.length ? sizes : Arrays.copyOf(sizes, 2 * last);
      }
      return last;
    }

    List<Closers> build() {
      List<Closers> closers = new ArrayList<>(slots.size());
      for (int i = 0; i < slots.size(); i++) {
        closers.add(new Closers(slots.get(i), Arrays.copyOf(ranges.get(i), sizes[i])));
      }
      return closers;
    }
  }

  /** The same for a state that differs only in the number of its single slot. */
  StringTokens withSlot(int slot) {
    List<Closers> renamed = new ArrayList<>();
    for (Closers group : closers) {
      renamed.add(new Closers(new int[] {slot}, group.ranges));
    }
    return new StringTokens(inside, renamed);
  }

  /** What any text may be, in slot 0. */
  static StringTokens free(TokenBytes tokens) {
    Budget budget = new Budget(Long.MAX_VALUE, "preparing a vocabulary");
    Lexer lexer = new Lexer(new RegexAlgebra(budget, 1 << 20), budget, 1 << 20);
    int state = lexer.string(0, RegexAlgebra.ANY_TEXT);
    long[] inside = new long[tokens.words()];
    new InsideWalk(lexer, tokens).add(state, 0, inside);
    return new StringTokens(TokenSet.of(inside), closers(lexer, state, tokens));
  }

  /** Memory taken, in bytes. */
  long bytes() {
    long bytes = inside.bytes();
    for (Closers group : closers) {
      bytes += 4L * group.ranges.length + 64;
    }
    return bytes;
  }
}
