package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.ByteTrie;
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
  /** Walks the tokens that are not safe: some have quotes. */
  private static final int QUOTES = -1;

  /**
   * Tokens with a quote that ends the string.
   *
   * @param slots that accept at the quote
   * @param tails numbers of the tails behind the quote
   * @param tokens per tail the tokens that have it
   */
  record Closers(int[] slots, int[] tails, int[][] tokens) {}

  /** Works it out for {@code state} of {@code lexer}. */
  static StringTokens of(Lexer lexer, int state, TokenBytes tokens) {
    Builder builder = new Builder(lexer, tokens);
    int free = lexer.isStringBody(state) ? lexer.freedom(state) : 0;
    if (free > 0) {
      long[] mask = tokens.safeUpTo(free);
      System.arraycopy(mask, 0, builder.inside, 0, mask.length);
    }
    if (free < tokens.longestSafe()) {
      builder.walk(tokens.safe(), state, free);
    }
    builder.walk(tokens.rest(), state, QUOTES);
    return builder.build();
  }

  private static final class Builder {
    private final Lexer lexer;
    private final TokenBytes tokens;
    private final long[] inside;
    private final List<int[]> slots = new ArrayList<>();
    private final List<int[]> tails = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();

    Builder(Lexer lexer, TokenBytes tokens) {
      this.lexer = lexer;
      this.tokens = tokens;
      this.inside = new long[tokens.words()];
    }

    /**
     * @param free safe tokens of so many characters are in already; {@link #QUOTES}: the others
     */
    void walk(TokenBytes.Part part, int state, int free) {
      boolean quotes = free == QUOTES;
      ByteTrie trie = part.trie();
      int[] states = new int[16];
      states[0] = state;
      int node = 1;
      while (node < trie.size()) {
        if (!quotes && tokens.safeBelow(node) <= free) {
          node = trie.end(node);
          continue;
        }
        int depth = trie.depth(node);
        int before = states[depth - 1];
        int label = trie.label(node);
        if (quotes && label == '"' && lexer.isStringBody(before)) {
          close(lexer.accepting(before), node);
          node = trie.end(node);
          continue;
        }
        int next = lexer.step(before, label);
        if (next == Lexer.DEAD) {
          node = trie.end(node);
          continue;
        }
        if (depth == states.length) {
          states = Arrays.copyOf(states, 2 * depth);
        }
        states[depth] = next;
        if (trie.key(node) >= 0) {
          TokenBytes.set(inside, part.tokens()[trie.key(node)]);
        }
        node++;
      }
    }

    private void close(int[] accepting, int quote) {
      if (accepting.length == 0) {
        return;
      }
      int group = 0;
      while (group < slots.size() && !Arrays.equals(slots.get(group), accepting)) {
        group++;
      }
      if (group == slots.size()) {
        slots.add(accepting);
        tails.add(new int[64]);
        sizes.add(0);
      }
      int[] more = tokens.tails().below(quote);
      int size = sizes.get(group);
      int[] list = tails.get(group);
      if (size + more.length > list.length) {
        list = Arrays.copyOf(list, Math.max(2 * list.length, size + more.length));
        tails.set(group, list);
      }
      System.arraycopy(more, 0, list, size, more.length);
      sizes.set(group, size + more.length);
    }

    StringTokens build() {
      List<Closers> closers = new ArrayList<>();
      for (int i = 0; i < slots.size(); i++) {
        closers.add(closers(slots.get(i), tails.get(i), sizes.get(i)));
      }
      return new StringTokens(TokenSet.of(inside), closers);
    }

    /** From pairs of a tail's number and a token's key to the tokens of each tail. */
    private Closers closers(int[] accepting, int[] pairs, int size) {
      long[] sorted = new long[size / 2];
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = (long) pairs[2 * i] << 32 | pairs[2 * i + 1];
      }
      Arrays.sort(sorted);
      int[] numbers = new int[sorted.length];
      int[][] ids = new int[sorted.length][];
      int count = 0;
      for (long pair : sorted) {
        int[] more = tokens.rest().tokens()[(int) pair];
        if (count > 0 && numbers[count - 1] == (int) (pair >>> 32)) {
          int[] known = ids[count - 1];
          int[] longer = Arrays.copyOf(known, known.length + more.length);
          System.arraycopy(more, 0, longer, known.length, more.length);
          ids[count - 1] = longer;
        } else {
          numbers[count] = (int) (pair >>> 32);
          ids[count++] = more;
        }
      }
      return new Closers(accepting, Arrays.copyOf(numbers, count), Arrays.copyOf(ids, count));
    }
  }

  /** The same for a state that differs only in the number of its single slot. */
  StringTokens withSlot(int slot) {
    List<Closers> renamed = new ArrayList<>();
    for (Closers group : closers) {
      renamed.add(new Closers(new int[] {slot}, group.tails, group.tokens));
    }
    return new StringTokens(inside, renamed);
  }

  /** What any text may be, in slot 0. */
  static StringTokens free(TokenBytes tokens) {
    Budget budget = new Budget(Long.MAX_VALUE, "preparing a vocabulary");
    Lexer lexer = new Lexer(new RegexAlgebra(budget, 1 << 20), budget, 1 << 20);
    return of(lexer, lexer.string(0, RegexAlgebra.ANY_TEXT), tokens);
  }

  /** Memory taken, in bytes. */
  long bytes() {
    long bytes = inside.bytes();
    for (Closers group : closers) {
      bytes += 32L * group.tails.length + 64;
    }
    return bytes;
  }
}
