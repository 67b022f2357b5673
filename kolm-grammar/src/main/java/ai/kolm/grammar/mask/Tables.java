package ai.kolm.grammar.mask;

import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;

/**
 * An automaton and its masks, as far as they have been made: shared by the matchers of a grammar,
 * which lock it for every step. They grow with every new text; a grammar starts new ones when they
 * have grown too large, and the old ones go with their last matcher.
 */
final class Tables {
  final ByteAutomaton automaton;
  final TokenBytes tokens;
  private final MaskMaker masks;
  private final ForcedBytes forcedBytes;
  private final Budget budget;
  private final GrammarLimits limits;

  Tables(
      ByteAutomaton automaton, PreparedVocabulary vocabulary, Budget budget, GrammarLimits limits) {
    this.automaton = automaton;
    this.tokens = vocabulary.tokens();
    this.budget = budget;
    this.limits = limits;
    this.forcedBytes = new ForcedBytes(automaton);
    this.masks = new MaskMaker(automaton, vocabulary, limits.cacheBytes() / 2);
  }

  synchronized TokenSet mask(long state) {
    budget.refill(limits.maskFuel(), "working out a mask");
    return masks.mask(state);
  }

  /** The state after a token; {@link ByteAutomaton#DEAD} if it is refused. */
  synchronized long accept(long state, byte[] bytes) {
    budget.refill(limits.maskFuel(), "accepting a token");
    long next = state;
    for (byte b : bytes) {
      next = automaton.step(next, b & 0xFF);
      if (next == ByteAutomaton.DEAD) {
        return next;
      }
    }
    return bytes.length == 0 ? ByteAutomaton.DEAD : next;
  }

  synchronized boolean accepts(long state) {
    return automaton.accepts(state);
  }

  synchronized byte[] forced(long state, int max) {
    budget.refill(limits.maskFuel(), "looking for what is forced");
    byte[] bytes = new byte[Math.min(max, 64)];
    int size = 0;
    long next = state;
    while (size < max) {
      int forced = forcedBytes.next(next);
      if (forced < 0) {
        break;
      }
      if (size == bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.min(max, 2 * size));
      }
      bytes[size++] = (byte) forced;
      next = automaton.step(next, forced);
    }
    return Arrays.copyOf(bytes, size);
  }

  /** Memory taken by the automaton and its masks. */
  synchronized long bytes() {
    return automaton.size() + masks.bytes();
  }

  synchronized boolean isLarge() {
    return automaton.size() > limits.cacheBytes() / 2;
  }
}
