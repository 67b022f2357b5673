package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.vocabulary.Tails;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Masks of an automaton's states, each made once.
 *
 * <p>Outside of strings few tokens are possible and a walk through the trie of tokens, pruned where
 * the automaton refuses a byte, is short. Inside of a string nearly all are, but which ones depends
 * on what languages it may be of only, so that is worked out once per language ({@link Strings});
 * what depends on the rest of the document is which tails of tokens may follow the quote ({@link
 * TailSets}), and there are few different ones.
 *
 * <p>Where the automaton has to remember what a key was in order to tell whether a token is
 * allowed, the walk leaves that token out and asks again for it alone, byte by byte.
 *
 * <p>For one thread at a time.
 */
final class MaskMaker {
  /** In place of the tails behind a string that no token ends. */
  private static final int NONE = -1;

  /** What the mask of a string of one language is made of, by numbers. */
  private record Parts(int inside, int closers, int tails) {}

  /** About what an entry of a map takes. */
  private static final int ENTRY_BYTES = 64;

  private final ByteAutomaton automaton;
  private final PreparedVocabulary vocabulary;
  private final TokenBytes tokens;
  private final long maxBytes;
  private final ProbeWalk safe;
  private final ProbeWalk rest;
  private Strings strings;
  private TailSets tailSets;
  private LongMap numbers = new LongMap();
  private final List<TokenSet> masks = new ArrayList<>();
  private final Map<Parts, TokenSet> ofParts = new HashMap<>();
  private final DoubtfulTokens doubtful;
  private long bytes;

  MaskMaker(ByteAutomaton automaton, PreparedVocabulary vocabulary, long maxBytes) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
    this.tokens = vocabulary.tokens();
    this.maxBytes = maxBytes;
    this.safe = new ProbeWalk(automaton, tokens.safe().trie());
    this.rest = new ProbeWalk(automaton, tokens.rest().trie());
    this.tailSets = new TailSets(automaton, tokens.tails());
    this.doubtful = new DoubtfulTokens(automaton, tokens);
    this.strings = new Strings(automaton.lexer(), vocabulary);
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
    if (bytes() > maxBytes) {
      forget();
    }
    automaton.takeUnsure();
    doubtful.clear();
    TokenSet set = ofOneLanguage(canonical);
    boolean general = true;
    if (set == null) {
      TokenCollector found = new TokenCollector(tokens.words());
      collect(canonical, found);
      general = doubtful.isEmpty();
      doubtful.resolve(state, found);
      set = TokenSet.of(found);
      bytes += set.bytes();
    }
    bytes += ENTRY_BYTES;
    numbers.put(general ? canonical : state, masks.size());
    masks.add(set);
    return set;
  }

  /** Memory taken by the masks that are kept. */
  long bytes() {
    return bytes + strings.bytes() + tailSets.bytes();
  }

  private void forget() {
    numbers = new LongMap();
    tailSets = new TailSets(automaton, tokens.tails());
    masks.clear();
    ofParts.clear();
    strings = new Strings(automaton.lexer(), vocabulary);
    bytes = 0;
  }

  private void collect(long state, TokenCollector to) {
    int body = automaton.body(state);
    if (body != 0) {
      inString(state, body, to);
    } else {
      outside(state, to);
    }
    if (automaton.accepts(state)) {
      to.addAll(tokens.endTokens());
    }
  }

  private void outside(long state, TokenCollector to) {
    int free = automaton.freedom(state);
    if (free > 0) {
      long[] shorter = tokens.safeUpTo(free);
      System.arraycopy(shorter, 0, to.bits(), 0, shorter.length);
    }
    if (free < tokens.longestSafe()) {
      walk(safe, tokens.safe(), state, free, to);
    }
    walk(rest, tokens.rest(), state, 0, to);
  }

  /**
   * @param free tokens of so many characters are in already
   */
  private void walk(ProbeWalk walk, TokenBytes.Part part, long state, int free, TokenCollector to) {
    walk.from(
        state,
        node -> free > 0 && tokens.safeBelow(node) <= free,
        key -> part.add(key, to),
        node -> doubtful.addBelow(part, node));
  }

  /**
   * The mask of a state in a string that can be of one language only. Where nothing but that and
   * what may follow matters, it is shared: most strings may be any text, and the same follows.
   */
  private @Nullable TokenSet ofOneLanguage(long state) {
    int body = automaton.body(state);
    Lexer lexer = automaton.lexer();
    if (body == 0 || !lexer.isStringBody(body) || automaton.accepts(state)) {
      return null;
    }
    int[] slots = lexer.slots(body);
    if (slots.length != 2) {
      return null;
    }
    int closers = strings.closers(slots[1]);
    int tails = NONE;
    if (strings.ranges(closers).length > 0) {
      long closed = automaton.close(state, slots[0]);
      if (automaton.takeUnsure() || closed == ByteAutomaton.DEAD) {
        return null;
      }
      tails = tailSets.of(closed);
      if (tailSets.get(tails).doubtful() != null) {
        return null;
      }
    }
    Parts parts = new Parts(strings.insides().of(slots[1]), closers, tails);
    TokenSet known = ofParts.get(parts);
    if (known == null) {
      TokenCollector found = new TokenCollector(tokens.words());
      strings.insides().get(parts.inside).addTo(found);
      if (tails != NONE) {
        close(strings.ranges(closers), tails, found);
      }
      known = TokenSet.of(found);
      bytes += known.bytes() + ENTRY_BYTES;
      ofParts.put(parts, known);
    }
    return known;
  }

  private void inString(long state, int body, TokenCollector to) {
    Lexer lexer = automaton.lexer();
    if (!lexer.isStringBody(body)) {
      Strings.Cut cut = strings.cut(body);
      cut.inside().addTo(to);
      cut.closers().forEach(ends -> close(state, ends.slot(), ends.ranges(), to));
      return;
    }
    int[] slots = lexer.slots(body);
    int[] languages = new int[slots.length / 2];
    for (int i = 0; i < languages.length; i++) {
      languages[i] = slots[2 * i + 1];
    }
    strings.insides().add(languages, to);
    for (int i = 0; i < slots.length; i += 2) {
      int[] ranges = strings.ranges(strings.closers(slots[i + 1]));
      if (ranges.length > 0) {
        close(state, slots[i], ranges, to);
      }
    }
  }

  private void close(long state, int slot, int[] ranges, TokenCollector to) {
    long closed = automaton.close(state, slot);
    if (automaton.takeUnsure()) {
      doubtful.addPairs(ranges);
    } else if (closed != ByteAutomaton.DEAD) {
      close(ranges, tailSets.of(closed), to);
    }
  }

  private void close(int[] ranges, int number, TokenCollector to) {
    TailSets.Tailings possible = tailSets.get(number);
    Tails tails = tokens.tails();
    long[] sure = possible.sure();
    for (int i = 0; i < ranges.length; i += 2) {
      for (int pair = ranges[i]; pair < ranges[i + 1]; pair++) {
        int tail = tails.tail(pair);
        if ((sure[tail >> 6] & (1L << tail)) != 0) {
          tokens.rest().add(tails.key(pair), to);
        }
      }
    }
    if (possible.doubtful() != null) {
      doubtful.addPairs(ranges, possible.doubtful());
    }
  }
}
