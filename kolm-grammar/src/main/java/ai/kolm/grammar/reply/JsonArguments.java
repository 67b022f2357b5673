package ai.kolm.grammar.reply;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;
import java.nio.charset.StandardCharsets;

/**
 * Arguments in JSON, read by the automaton of whole calls, which are objects of a name and
 * arguments: it is put behind the name, and the arguments have ended where its object may.
 */
final class JsonArguments implements CallArguments {
  private final ByteAutomaton calls;
  private final long start;

  /**
   * @param calls reads objects of a name and arguments, in this order and nothing else
   * @param head their text up to the arguments
   */
  JsonArguments(ByteAutomaton calls, String head) {
    this.calls = calls;
    this.start = after(calls, head);
  }

  /** The state behind {@code text}. */
  static long after(ByteAutomaton calls, String text) {
    long state = calls.start();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      state = calls.step(state, b & 0xFF);
      if (state == DEAD) {
        throw new IllegalArgumentException("no call begins with " + text);
      }
    }
    return state;
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public long step(long state, int value) {
    return calls.step(state, value);
  }

  @Override
  public long probe(long state, int value) {
    return calls.probe(state, value);
  }

  /** Only the brace of the arguments makes the next one close the whole call. */
  @Override
  public boolean ends(long state, int last) {
    if (last != '}') {
      return false;
    }
    long call = calls.probe(state, '}');
    return call != DEAD && calls.accepts(call);
  }

  @Override
  public boolean takeUnsure() {
    return calls.takeUnsure();
  }

  @Override
  public long canonical(long state) {
    return calls.canonical(state);
  }

  @Override
  public Lexer lexer() {
    return calls.lexer();
  }

  @Override
  public int body(long state) {
    return calls.body(state);
  }

  @Override
  public long close(long state, int slot) {
    return calls.close(state, slot);
  }

  @Override
  public int freedom(long state) {
    return calls.freedom(state);
  }

  @Override
  public long size() {
    return 0; // all of it is that of the calls
  }
}
