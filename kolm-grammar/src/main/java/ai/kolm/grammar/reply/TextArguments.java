package ai.kolm.grammar.reply;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;

/**
 * The inside of a JSON string, up to its quote, whose text another automaton reads. Every text is
 * written in one way: escaped is only what must be, with the short escapes where there are any, so
 * a step never has to look further than the escape it is in.
 */
final class TextArguments implements CallArguments {
  private static final int PLACE_BITS = 3;

  private static final int RAW = 0;
  private static final int ESCAPE = 1;

  /** Behind backslash and u, then behind the zeros, then behind the digit 0 or 1. */
  private static final int HEX = 2;

  private static final int LAST_0 = 5;
  private static final int LAST_1 = 6;
  private static final int END = 7;

  private static final String SHORT = "\"\\bfnrt";
  private static final String MEANT = "\"\\\b\f\n\r\t";
  private static final String DIGITS = "0123456789abcdef";

  private final ByteAutomaton text;
  private final Interned states = new Interned();

  /** Reads strings whose texts {@code text} accepts. */
  TextArguments(ByteAutomaton text) {
    this.text = text;
  }

  private long state(int place, long inner) {
    return inner == DEAD ? DEAD : ((states.number(inner) + 1L) << PLACE_BITS) | place;
  }

  private static int place(long state) {
    return (int) state & ((1 << PLACE_BITS) - 1);
  }

  private long inner(long state) {
    return states.state((int) (state >>> PLACE_BITS) - 1);
  }

  @Override
  public long start() {
    return state(RAW, text.start());
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
    long inner = inner(state);
    int place = place(state);
    return switch (place) {
      case RAW -> raw(inner, value, probe);
      case ESCAPE -> {
        int which = SHORT.indexOf(value);
        yield which >= 0
            ? state(RAW, advance(inner, MEANT.charAt(which), probe))
            : value == 'u' && canBeHex(inner, 0, 32) ? state(HEX, inner) : DEAD;
      }
      case HEX, HEX + 1 -> value == '0' ? state(place + 1, inner) : DEAD;
      case HEX + 2 ->
          (value == '0' || value == '1') && canBeHex(inner, 16 * (value - '0'), 16)
              ? state(value == '0' ? LAST_0 : LAST_1, inner)
              : DEAD;
      case LAST_0, LAST_1 -> {
        int digit = DIGITS.indexOf(value);
        int meant = 16 * (place - LAST_0) + digit;
        yield digit < 0 || MEANT.indexOf(meant) >= 0
            ? DEAD
            : state(RAW, advance(inner, meant, probe));
      }
      default -> DEAD;
    };
  }

  private long raw(long inner, int value, boolean probe) {
    if (value == '"') {
      return text.accepts(inner) ? state(END, inner) : DEAD;
    }
    if (value == '\\') {
      return canBeEscaped(inner) ? state(ESCAPE, inner) : DEAD;
    }
    return value < ' ' ? DEAD : state(RAW, advance(inner, value, probe));
  }

  private long advance(long inner, int value, boolean probe) {
    return probe ? text.probe(inner, value) : text.step(inner, value);
  }

  private boolean canBeEscaped(long inner) {
    return canBeHex(inner, 0, 32) || lives(inner, '"') || lives(inner, '\\') || shortControl(inner);
  }

  private boolean shortControl(long inner) {
    return MEANT.chars().anyMatch(c -> lives(inner, c));
  }

  /** Whether one of {@code count} control characters without short escape may come next. */
  private boolean canBeHex(long inner, int from, int count) {
    for (int c = from; c < from + count; c++) {
      if (MEANT.indexOf(c) < 0 && lives(inner, c)) {
        return true;
      }
    }
    return false;
  }

  private boolean lives(long inner, int value) {
    return text.probe(inner, value) != DEAD;
  }

  @Override
  public boolean ends(long state, int last) {
    return place(state) == END;
  }

  @Override
  public boolean takeUnsure() {
    return text.takeUnsure();
  }

  @Override
  public long canonical(long state) {
    return state(place(state), text.canonical(inner(state)));
  }

  @Override
  public Lexer lexer() {
    return text.lexer();
  }

  @Override
  public int body(long state) {
    return 0;
  }

  @Override
  public long close(long state, int slot) {
    throw new IllegalStateException("no string is open");
  }

  /** The characters that count here stand in a JSON string as they are. */
  @Override
  public int freedom(long state) {
    return place(state) == RAW ? text.freedom(inner(state)) : 0;
  }

  @Override
  public long size() {
    return text.size() + states.bytes();
  }
}
