package ai.kolm.grammar.mask;

import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.automaton.ByteAutomaton;
import java.util.Arrays;

/** One long per accepted token: so taking tokens back is exact, and a fork is a copy. */
final class AutomatonMatcher implements TokenMatcher {
  /** Behind an end token: nothing may follow. */
  private static final long ENDED = -1;

  private final Tables tables;
  private long[] states;
  private int size;

  AutomatonMatcher(Tables tables) {
    this.tables = tables;
    this.states = new long[64];
    states[size++] = tables.automaton.start();
  }

  private AutomatonMatcher(AutomatonMatcher other) {
    tables = other.tables;
    states = Arrays.copyOf(other.states, Math.max(64, other.size + 16));
    size = other.size;
  }

  private long state() {
    return states[size - 1];
  }

  @Override
  public void fill(TokenMask mask) {
    if (state() == ENDED) {
      mask.clear();
    } else {
      tables.mask(state()).fill(mask);
    }
  }

  @Override
  public void accept(int token) {
    long next = state() == ENDED ? ByteAutomaton.DEAD : after(token);
    if (next == ByteAutomaton.DEAD) {
      throw new IllegalArgumentException(
          "token %d may not come here, behind %d others".formatted(token, size - 1));
    }
    if (size == states.length) {
      states = Arrays.copyOf(states, 2 * size);
    }
    states[size++] = next;
  }

  private long after(int token) {
    if (token < 0 || token >= tables.tokens.size()) {
      return ByteAutomaton.DEAD;
    }
    if (Arrays.binarySearch(tables.tokens.endTokens(), token) >= 0) {
      return isComplete() ? ENDED : ByteAutomaton.DEAD;
    }
    return tables.accept(state(), tables.tokens.bytes(token));
  }

  @Override
  public boolean isComplete() {
    return state() == ENDED || tables.accepts(state());
  }

  @Override
  public boolean isFree() {
    return state() != ENDED && tables.automaton.isFree(state());
  }

  @Override
  public void rollback(int tokens) {
    if (tokens < 0 || tokens >= size) {
      throw new IllegalArgumentException(
          "cannot take back %d of %d tokens".formatted(tokens, size - 1));
    }
    size -= tokens;
  }

  @Override
  public TokenMatcher fork() {
    return new AutomatonMatcher(this);
  }

  @Override
  public byte[] forcedBytes(int max) {
    return state() == ENDED ? new byte[0] : tables.forced(state(), max);
  }
}
