package ai.kolm.grammar.cfg;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;

/** Reads one control token, by the bytes that stand for it. A state is one more than those read. */
public final class TokenAutomaton implements ByteAutomaton {
  private final Lexer lexer;
  private final byte[] mark;

  /**
   * Reads a control token.
   *
   * @param mark what stands for the token among bytes
   */
  public TokenAutomaton(Lexer lexer, byte[] mark) {
    this.lexer = lexer;
    this.mark = mark.clone();
  }

  @Override
  public long start() {
    return 1;
  }

  @Override
  public long step(long state, int value) {
    int read = (int) state - 1;
    return read < mark.length && (mark[read] & 0xFF) == value ? state + 1 : DEAD;
  }

  @Override
  public long probe(long state, int value) {
    return step(state, value);
  }

  @Override
  public boolean takeUnsure() {
    return false;
  }

  @Override
  public long canonical(long state) {
    return state;
  }

  @Override
  public boolean accepts(long state) {
    return state == mark.length + 1;
  }

  @Override
  public Lexer lexer() {
    return lexer;
  }

  @Override
  public int body(long state) {
    return 0;
  }

  @Override
  public int freedom(long state) {
    return 0;
  }

  @Override
  public long close(long state, int slot) {
    throw new IllegalStateException("no string is open");
  }

  @Override
  public long size() {
    return 64;
  }
}
