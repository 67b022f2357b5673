package ai.kolm.grammar.reply;

import ai.kolm.grammar.PythonArguments;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;

/**
 * Arguments in Python's notation, read as the JSON that {@link PythonArguments} makes of them. A
 * state is a place there and a state of the automaton of whole calls.
 */
final class PythonCallArguments implements CallArguments {
  private static final int PLACE_BITS = 16;

  private final ByteAutomaton calls;
  private final Interned states = new Interned();
  private final long start;

  /** What has become of the JSON, while a step is under way. */
  private long json;

  private boolean probing;

  /**
   * @param calls reads objects of a name and arguments, in this order and nothing else
   * @param head their text up to the brace that opens the arguments, which is part of it
   */
  PythonCallArguments(ByteAutomaton calls, String head) {
    this.calls = calls;
    this.start = state(PythonArguments.START, JsonArguments.after(calls, head));
  }

  private long state(int place, long inner) {
    return ((states.number(inner) + 1L) << PLACE_BITS) | place;
  }

  private static int place(long state) {
    return (int) state & ((1 << PLACE_BITS) - 1);
  }

  private long inner(long state) {
    return states.state((int) (state >>> PLACE_BITS) - 1);
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public long step(long state, int value) {
    return step(state, value, false);
  }

  @Override
  public long probe(long state, int value) {
    return step(state, value, true);
  }

  private long step(long state, int value, boolean probe) {
    json = inner(state);
    probing = probe;
    int place = PythonArguments.next(place(state), value, this::take);
    return place == PythonArguments.REFUSED || json == DEAD ? DEAD : state(place, json);
  }

  private void take(int value) {
    if (json != DEAD) {
      json = probing ? calls.probe(json, value) : calls.step(json, value);
    }
  }

  @Override
  public boolean ends(long state, int last) {
    return place(state) == PythonArguments.END;
  }

  @Override
  public boolean takeUnsure() {
    return calls.takeUnsure();
  }

  @Override
  public long canonical(long state) {
    return state(place(state), calls.canonical(inner(state)));
  }

  @Override
  public Lexer lexer() {
    return calls.lexer();
  }

  @Override
  public int body(long state) {
    return PythonArguments.isJsonString(place(state)) ? calls.body(inner(state)) : 0;
  }

  @Override
  public long close(long state, int slot) {
    long closed = calls.close(inner(state), slot);
    return closed == DEAD ? DEAD : state(PythonArguments.closed(place(state)), closed);
  }

  @Override
  public int freedom(long state) {
    return PythonArguments.isJsonString(place(state)) ? calls.freedom(inner(state)) : 0;
  }

  @Override
  public long size() {
    return states.bytes();
  }
}
