package ai.kolm.grammar.cfg;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;

/** Reads a text of one language, as UTF-8. A state is one of the lexer. */
public final class TextAutomaton implements ByteAutomaton {
  private final Lexer lexer;
  private final long start;

  /** Reads a text of {@code language}, which has some. */
  public TextAutomaton(Lexer lexer, int language) {
    this.lexer = lexer;
    this.start = startOf(lexer, language);
  }

  /** The state before a text of {@code language}; {@link #DEAD} if it has none. */
  static long startOf(Lexer lexer, int language) {
    int state = lexer.text(0, language);
    return state == Lexer.DEAD ? DEAD : state;
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public long step(long state, int value) {
    int next = lexer.step((int) state, value);
    return next == Lexer.DEAD ? DEAD : next;
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
    return lexer.accepting((int) state).length > 0;
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
    return lexer.freedom((int) state);
  }

  @Override
  public long close(long state, int slot) {
    throw new IllegalStateException("no string is open");
  }

  @Override
  public long size() {
    return lexer.bytes();
  }
}
