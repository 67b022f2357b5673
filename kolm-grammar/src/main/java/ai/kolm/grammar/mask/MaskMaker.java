package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Masks of an automaton's states, each made once.
 *
 * <p>Outside of strings few tokens are possible and a walk through the trie of tokens, pruned where
 * the automaton refuses a byte, is short. Inside of a string nearly all are, but which ones depends
 * on the state of the lexer only, so that is worked out once per such state ({@link StringTokens});
 * what depends on the rest of the document is which tails of tokens may follow the quote, and there
 * are few different ones.
 *
 * <p>For one thread at a time.
 */
final class MaskMaker {
  private static final int OTHERS = -1;
  private static final int EXACT = -2;

  private final ByteAutomaton automaton;
  private final PreparedVocabulary vocabulary;
  private final TokenBytes tokens;
  private final long maxBytes;
  private final Map<Integer, StringTokens> strings = new HashMap<>();
  private final List<BitSet> tailSets = new ArrayList<>();
  private LongMap numbers = new LongMap();
  private LongMap tailNumbers = new LongMap();
  private final List<TokenSet> masks = new ArrayList<>();
  private long bytes;
  private long[] states = new long[16];

  MaskMaker(ByteAutomaton automaton, PreparedVocabulary vocabulary, long maxBytes) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
    this.tokens = vocabulary.tokens();
    this.maxBytes = maxBytes;
  }

  /** The tokens that may follow {@code state}. */
  TokenSet mask(long state) {
    long canonical = automaton.canonical(state);
    int known = (int) numbers.get(canonical, -1);
    if (known >= 0) {
      return masks.get(known);
    }
    automaton.takeUnsure();
    TokenSet mask = compute(canonical);
    if (automaton.takeUnsure()) {
      return exact(state);
    }
    if (bytes > maxBytes) {
      forget();
    }
    bytes += mask.bytes();
    numbers.put(canonical, masks.size());
    masks.add(mask);
    return mask;
  }

  /** Memory taken by the masks that are kept. */
  long bytes() {
    return bytes;
  }

  private void forget() {
    numbers = new LongMap();
    tailNumbers = new LongMap();
    tailSets.clear();
    masks.clear();
    strings.clear();
    bytes = 0;
  }

  private TokenSet compute(long state) {
    long[] mask = new long[tokens.words()];
    int body = automaton.body(state);
    if (body != 0) {
      inString(state, body, mask);
    } else {
      int free = automaton.freedom(state);
      if (free > 0) {
        long[] safe = tokens.safeUpTo(free);
        System.arraycopy(safe, 0, mask, 0, safe.length);
      }
      if (free < tokens.longestSafe()) {
        walk(tokens.safe(), state, mask, free);
      }
      walk(tokens.rest(), state, mask, OTHERS);
    }
    end(state, mask);
    return TokenSet.of(mask);
  }

  /** Without forgetting anything, and without use for other states. */
  private TokenSet exact(long state) {
    long[] mask = new long[tokens.words()];
    walk(tokens.safe(), state, mask, EXACT);
    walk(tokens.rest(), state, mask, EXACT);
    end(state, mask);
    return TokenSet.of(mask);
  }

  private void end(long state, long[] mask) {
    if (automaton.accepts(state)) {
      TokenBytes.set(mask, tokens.endTokens());
    }
  }

  /**
   * @param free safe tokens of so many characters are in already; {@link #OTHERS}: tokens that are
   *     not safe; {@link #EXACT}: any, without forgetting anything
   */
  private void walk(TokenBytes.Part part, long state, long[] mask, int free) {
    boolean exact = free == EXACT;
    ByteTrie trie = part.trie();
    states[0] = state;
    int node = 1;
    while (node < trie.size()) {
      if (free >= 0 && tokens.safeBelow(node) <= free) {
        node = trie.end(node);
        continue;
      }
      int depth = trie.depth(node);
      long before = states[depth - 1];
      int label = trie.label(node);
      long next = exact ? automaton.step(before, label) : automaton.probe(before, label);
      if (next == ByteAutomaton.DEAD) {
        node = trie.end(node);
        continue;
      }
      if (depth == states.length) {
        states = Arrays.copyOf(states, 2 * depth);
      }
      states[depth] = next;
      if (trie.key(node) >= 0) {
        TokenBytes.set(mask, part.tokens()[trie.key(node)]);
      }
      node++;
    }
  }

  private void inString(long state, int body, long[] mask) {
    StringTokens string = strings.get(body);
    if (string == null) {
      string = stringTokens(body);
      strings.put(body, string);
    }
    string.inside().addTo(mask);
    for (StringTokens.Closers closers : string.closers()) {
      long closed = automaton.close(state, closers.slots());
      if (closed == ByteAutomaton.DEAD) {
        continue;
      }
      BitSet possible = tails(closed);
      int[] numbers = closers.tails();
      for (int i = 0; i < numbers.length; i++) {
        if (possible.get(numbers[i])) {
          TokenBytes.set(mask, closers.tokens()[i]);
        }
      }
    }
  }

  private StringTokens stringTokens(int body) {
    Lexer lexer = automaton.lexer();
    int[] slots = lexer.slots(body);
    if (lexer.isStringBody(body) && slots.length == 2 && slots[1] == RegexAlgebra.ANY_TEXT) {
      return slots[0] == 0 ? vocabulary.free() : vocabulary.free().withSlot(slots[0]);
    }
    StringTokens string = StringTokens.of(lexer, body, tokens);
    bytes += string.bytes();
    return string;
  }

  /** Which tails may follow a string that has just ended in {@code closed}. */
  private BitSet tails(long closed) {
    int known = (int) tailNumbers.get(closed, -1);
    if (known >= 0) {
      return tailSets.get(known);
    }
    BitSet possible = walkTails(closed);
    tailNumbers.put(closed, tailSets.size());
    tailSets.add(possible);
    bytes += 32 + tokens.tails().count() / 8;
    return possible;
  }

  private BitSet walkTails(long closed) {
    ByteTrie trie = tokens.tails().trie();
    BitSet possible = new BitSet(tokens.tails().count());
    if (trie.key(0) >= 0) {
      possible.set(trie.key(0));
    }
    states[0] = closed;
    int node = 1;
    while (node < trie.size()) {
      int depth = trie.depth(node);
      long next = automaton.probe(states[depth - 1], trie.label(node));
      if (next == ByteAutomaton.DEAD) {
        node = trie.end(node);
        continue;
      }
      if (depth == states.length) {
        states = Arrays.copyOf(states, 2 * depth);
      }
      states[depth] = next;
      if (trie.key(node) >= 0) {
        possible.set(trie.key(node));
      }
      node++;
    }
    return possible;
  }

  /** The only byte that may follow; -1 if there are several, or none. */
  int forcedByte(long state) {
    int body = automaton.body(state);
    if (automaton.accepts(state) || (body != 0 && automaton.lexer().freedom(body) > 0)) {
      return -1;
    }
    int forced = -1;
    for (int value = 0; value < 256; value++) {
      if (automaton.step(state, value) != ByteAutomaton.DEAD) {
        if (forced >= 0) {
          return -1;
        }
        forced = value;
      }
    }
    return forced;
  }
}
