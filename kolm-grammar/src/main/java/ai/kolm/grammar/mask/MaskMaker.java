package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.Tails;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.ArrayList;
import java.util.List;

/**
 * Masks of an automaton's states, each made once.
 *
 * <p>Outside of strings few tokens are possible and a walk through the trie of tokens, pruned where
 * the automaton refuses a byte, is short. Inside of a string nearly all are, but which ones depends
 * on the state of the lexer only, so that is worked out once per such state ({@link StringTokens});
 * what depends on the rest of the document is which tails of tokens may follow the quote ({@link
 * TailSets}), and there are few different ones.
 *
 * <p>Where the automaton has to remember what a key was in order to tell whether a token is
 * allowed, the walk leaves that token out and asks again for it alone, byte by byte.
 *
 * <p>For one thread at a time.
 */
final class MaskMaker {
  private static final int OTHERS = -1;

  private final ByteAutomaton automaton;
  private final PreparedVocabulary vocabulary;
  private final TokenBytes tokens;
  private final long maxBytes;
  private Strings strings;
  private TailSets tailSets;
  private LongMap numbers = new LongMap();
  private final List<TokenSet> masks = new ArrayList<>();
  private final DoubtfulTokens doubtful;
  private long bytes;
  private final long[] states;

  MaskMaker(ByteAutomaton automaton, PreparedVocabulary vocabulary, long maxBytes) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
    this.tokens = vocabulary.tokens();
    this.maxBytes = maxBytes;
    this.tailSets = new TailSets(automaton, tokens.tails());
    this.doubtful = new DoubtfulTokens(automaton, tokens);
    this.strings = new Strings(automaton.lexer(), vocabulary);
    int height = Math.max(tokens.safe().trie().height(), tokens.rest().trie().height());
    this.states = new long[height + 1];
  }

  /** The tokens that may follow {@code state}. */
  TokenSet mask(long state) {
    long canonical = automaton.canonical(state);
    int known = (int) numbers.get(canonical, -1);
    if (known < 0 && canonical != state) {
      known = (int) numbers.get(state, -1);
    }
    if (known >= 0) {
      return masks.get(known);
    }
    automaton.takeUnsure();
    doubtful.clear();
    long[] mask = compute(canonical);
    boolean general = doubtful.isEmpty();
    doubtful.resolve(state, mask);
    TokenSet set = TokenSet.of(mask);
    if (bytes() > maxBytes) {
      forget();
    }
    bytes += set.bytes();
    numbers.put(general ? canonical : state, masks.size());
    masks.add(set);
    return set;
  }

  /** Memory taken by the masks that are kept. */
  long bytes() {
    return bytes + strings.bytes();
  }

  private void forget() {
    numbers = new LongMap();
    tailSets = new TailSets(automaton, tokens.tails());
    masks.clear();
    strings = new Strings(automaton.lexer(), vocabulary);
    bytes = 0;
  }

  private long[] compute(long state) {
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
    if (automaton.accepts(state)) {
      TokenBytes.set(mask, tokens.endTokens());
    }
    return mask;
  }

  /**
   * @param free safe tokens of so many characters are in already; {@link #OTHERS}: tokens that are
   *     not safe
   */
  private void walk(TokenBytes.Part part, long state, long[] mask, int free) {
    ByteTrie trie = part.trie();
    states[0] = state;
    int node = 1;
    while (node < trie.size()) {
      if (free > 0 && tokens.safeBelow(node) <= free) {
        node = trie.end(node);
        continue;
      }
      int depth = trie.depth(node);
      long next = automaton.probe(states[depth - 1], trie.label(node));
      if (automaton.takeUnsure()) {
        doubtful.addBelow(part, node);
        node = trie.end(node);
        continue;
      }
      if (next == ByteAutomaton.DEAD) {
        node = trie.end(node);
        continue;
      }
      states[depth] = next;
      int key = trie.key(node);
      if (key >= 0) {
        part.add(key, mask);
      }
      node++;
    }
  }

  private void inString(long state, int body, long[] mask) {
    StringTokens string = strings.of(body);
    string.inside().addTo(mask);
    for (StringTokens.Closers closers : string.closers()) {
      long closed = automaton.close(state, closers.slots());
      if (automaton.takeUnsure()) {
        doubtful.addPairs(closers.ranges());
      } else if (closed != ByteAutomaton.DEAD) {
        close(closers.ranges(), closed, mask);
      }
    }
  }

  private void close(int[] ranges, long closed, long[] mask) {
    TailSets.Tailings possible = tailSets.of(closed);
    Tails tails = tokens.tails();
    TokenBytes.Part rest = tokens.rest();
    long[] sure = possible.sure();
    for (int i = 0; i < ranges.length; i += 2) {
      for (int pair = ranges[i]; pair < ranges[i + 1]; pair++) {
        int tail = tails.tail(pair);
        if ((sure[tail >> 6] & (1L << tail)) != 0) {
          rest.add(tails.key(pair), mask);
        }
      }
    }
    if (possible.doubtful() != null) {
      doubtful.addPairs(ranges, possible.doubtful());
    }
  }
}
