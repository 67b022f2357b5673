package ai.kolm.grammar.lexer;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Byte automata for languages over characters, made state by state when first asked for. A state is
 * a place inside a character ({@link Lift}) and the languages that are still possible, each with
 * the number of its slot: the caller's name for it.
 *
 * <p>In a JSON string every character may also be written as an escape (RFC 8259, section 7): the
 * languages are over what the string means, not over how it is written. Half surrogate pairs are
 * never accepted. Every state can be completed.
 *
 * <p>For one thread at a time.
 */
public final class Lexer {
  /** No way on. */
  public static final int DEAD = -1;

  /** Of characters. */
  private static final int MANY = 16;

  /** The row of a state that has not been stepped from yet; never written to. */
  private static final int[] UNSTEPPED = new int[256];

  private record Key(Lift lift, int x, int y, int z, int[] slots) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key k
          && lift == k.lift
          && x == k.x
          && y == k.y
          && z == k.z
          && Arrays.equals(slots, k.slots);
    }

    @Override
    public int hashCode() {
      return ((lift.hashCode() * 31 + x) * 31 + y) * 31 + z * 31 + Arrays.hashCode(slots);
    }
  }

  private final RegexAlgebra algebra;
  private final Budget budget;
  private final int maxStates;
  private final Map<Key, Integer> ids = new HashMap<>();
  private Key[] keys = new Key[64];
  private int[][] rows = new int[64][];
  private int[][] accepting = new int[64][];
  private int size = 1;
  private int stepped;

  /**
   * @param algebra the languages
   * @param budget pays for states
   * @param maxStates states that may be made
   */
  public Lexer(RegexAlgebra algebra, Budget budget, int maxStates) {
    this.algebra = algebra;
    this.budget = budget;
    this.maxStates = maxStates;
  }

  /** The state before plain text in one of {@code languages}: slot, language, ...; or DEAD. */
  public int text(int... slotsAndLanguages) {
    return intern(Lift.TEXT, 0, 0, 0, Slots.alive(algebra, slotsAndLanguages));
  }

  /** The state behind the opening quote of a JSON string that means one of the languages. */
  public int string(int... slotsAndLanguages) {
    return intern(Lift.STRING, 0, 0, 0, Slots.alive(algebra, slotsAndLanguages));
  }

  /** Takes fuel for work on states that goes on outside, such as walks through a vocabulary. */
  public void pay(int units) {
    budget.spend(units);
  }

  /** The slots that accept here; empty inside a character. */
  public int[] accepting(int state) {
    return accepting[state];
  }

  /** Whether this is in a JSON string, between two characters: a quote would end it. */
  public boolean isStringBody(int state) {
    return keys[state].lift == Lift.STRING;
  }

  /** Whether this is anywhere inside a JSON string. */
  public boolean inString(int state) {
    return keys[state].lift.inString();
  }

  /** Whether so many characters of ASCII may come next that most tokens begin with one. */
  public boolean takesMany(int state) {
    int taken = 0;
    for (int value = 0x20; value < 0x80; value++) {
      taken += step(state, value) == DEAD ? 0 : 1;
    }
    return taken >= MANY;
  }

  /** The languages that states are made of. */
  public RegexAlgebra algebra() {
    return algebra;
  }

  /** The slots and their languages. */
  public int[] slots(int state) {
    return keys[state].slots;
  }

  /** The number of states made so far, plus one: states are below this. */
  public int size() {
    return size;
  }

  /** An estimate of the memory taken, in bytes: most states are never stepped from. */
  public long bytes() {
    return 200L * size + 1_040L * stepped;
  }

  /**
   * So many characters, any characters that may stand as they are, keep some slot alive; counted
   * from between two characters, elsewhere 0.
   */
  public int freedom(int state) {
    Key key = keys[state];
    int free = 0;
    if (key.lift.atBoundary()) {
      for (int i = 1; i < key.slots.length; i += 2) {
        free = Math.max(free, algebra.freedom(key.slots[i]));
      }
    }
    return free;
  }

  /** The state after {@code value}; a closing quote is the caller's business and dead here. */
  public int step(int state, int value) {
    int next = rows[state][value];
    return next != 0 ? next : compute(state, value);
  }

  @SuppressWarnings("ReferenceEquality") // that very row
  private int compute(int state, int value) {
    budget.spend(1);
    Key key = keys[state];
    if (rows[state] == UNSTEPPED) {
      rows[state] = new int[256];
      stepped++;
    }
    if (value < 0x80 && key.lift.atBoundary() && !(key.lift.inString() && value == '\\')) {
      takeAscii(key, rows[state]);
      return rows[state][value];
    }
    int next =
        switch (key.lift) {
          case TEXT -> value < 0x80 ? take(key, value, Lift.TEXT) : lead(key, value);
          case STRING -> stringByte(key, value);
          case TEXT_UTF8, STRING_UTF8 -> continuation(key, value);
          case TEXT_TAIL, STRING_TAIL -> tail(key, value);
          case ESCAPE -> escape(key, value);
          case HEX -> hex(key, value);
          case HEX_TAIL -> hexTail(key, value);
          case LOW -> low(key, value);
        };
    rows[state][value] = next;
    return next;
  }

  private int take(Key key, int codePoint, Lift then) {
    return intern(then, 0, 0, 0, Slots.derive(algebra, key.slots, codePoint));
  }

  /** All steps by one-byte characters at once: per slot few ranges of characters differ. */
  @SuppressWarnings("ReferenceEquality") // neighbours that are the same array stay so
  private void takeAscii(Key key, int[] row) {
    boolean string = key.lift.inString();
    int[][] slots = Slots.deriveAscii(algebra, key.slots);
    int[] last = slots[0x7F];
    int next = intern(key.lift, 0, 0, 0, last);
    for (int value = 0; value < 0x80; value++) {
      if (slots[value] != last) {
        last = slots[value];
        next = intern(key.lift, 0, 0, 0, last);
      }
      if (row[value] == 0 && !(string && value == '\\')) {
        row[value] = string && (value < 0x20 || value == '"') ? DEAD : next;
      }
    }
    if (!Slots.takesAny(algebra, key.slots, 0x80, CodePoints.MAX)) {
      Arrays.fill(row, 0x80, row.length, DEAD);
    }
    budget.spend(key.slots.length);
  }

  private int stringByte(Key key, int value) {
    if (value == '\\') {
      return anyEscape(key) ? intern(Lift.ESCAPE, 0, 0, 0, key.slots) : DEAD;
    }
    if (value < 0x20 || value == '"') {
      return DEAD;
    }
    return value < 0x80 ? take(key, value, Lift.STRING) : lead(key, value);
  }

  private boolean anyEscape(Key key) {
    return Slots.takesAny(algebra, key.slots, 0, 0x10FFFF);
  }

  private int lead(Key key, int value) {
    boolean string = key.lift.inString();
    if (value >= 0xC2 && value <= 0xDF) {
      return partial(key, string, (value & 0x1F) << 6, (value & 0x1F) << 6 | 0x3F, 1);
    }
    if (value >= 0xE0 && value <= 0xEF) {
      int lo = (value & 0x0F) << 12;
      int hi = value == 0xED ? 0xD7FF : lo | 0xFFF;
      return partial(key, string, Math.max(lo, 0x800), hi, 2);
    }
    if (value >= 0xF0 && value <= 0xF4) {
      int lo = (value & 0x07) << 18;
      return partial(key, string, Math.max(lo, 0x10000), Math.min(lo | 0x3FFFF, 0x10FFFF), 3);
    }
    return DEAD;
  }

  private int partial(Key key, boolean string, int lo, int hi, int toCome) {
    int blockSize = 1 << (6 * toCome);
    boolean whole = hi - lo + 1 == blockSize;
    if (whole && Slots.uniform(algebra, key.slots, lo, hi)) {
      int[] slots = Slots.derive(algebra, key.slots, lo);
      return intern(string ? Lift.STRING_TAIL : Lift.TEXT_TAIL, toCome, 0, 0, slots);
    }
    if (!Slots.takesAny(algebra, key.slots, lo, hi)) {
      return DEAD;
    }
    return intern(string ? Lift.STRING_UTF8 : Lift.TEXT_UTF8, lo, hi, toCome, key.slots);
  }

  private int continuation(Key key, int value) {
    if (value >> 6 != 2) {
      return DEAD;
    }
    int toCome = key.z - 1;
    int blockSize = 1 << (6 * toCome);
    int base = key.x & -(blockSize << 6);
    int lo = Math.max(base + (value & 0x3F) * blockSize, key.x);
    int hi = Math.min(base + (value & 0x3F) * blockSize + blockSize - 1, key.y);
    if (lo > hi) {
      return DEAD;
    }
    boolean string = key.lift.inString();
    if (toCome == 0) {
      return take(key, lo, string ? Lift.STRING : Lift.TEXT);
    }
    return partial(key, string, lo, hi, toCome);
  }

  private int tail(Key key, int value) {
    if (value >> 6 != 2) {
      return DEAD;
    }
    boolean string = key.lift.inString();
    if (key.x == 1) {
      return intern(string ? Lift.STRING : Lift.TEXT, 0, 0, 0, key.slots);
    }
    return intern(key.lift, key.x - 1, 0, 0, key.slots);
  }

  private int escape(Key key, int value) {
    return switch (value) {
      case '"', '\\', '/' -> take(key, value, Lift.STRING);
      case 'b' -> take(key, '\b', Lift.STRING);
      case 'f' -> take(key, '\f', Lift.STRING);
      case 'n' -> take(key, '\n', Lift.STRING);
      case 'r' -> take(key, '\r', Lift.STRING);
      case 't' -> take(key, '\t', Lift.STRING);
      case 'u' -> intern(Lift.HEX, 0, 0, 0, key.slots);
      default -> DEAD;
    };
  }

  private int hex(Key key, int value) {
    int digit = value < 0x80 ? Character.digit(value, 16) : -1;
    if (digit < 0) {
      return DEAD;
    }
    int read = key.x + 1;
    int number = (key.y << 4) | digit;
    int lo = number << (4 * (4 - read));
    int hi = lo + (1 << (4 * (4 - read))) - 1;
    boolean surrogates = lo <= 0xDFFF && hi >= 0xD800;
    if (read == 4) {
      if (!surrogates) {
        return take(key, number, Lift.STRING);
      }
      return lowIsPossible(key, number, 0, 0) ? low(key, number, 0, 0) : DEAD;
    }
    if (!surrogates && Slots.uniform(algebra, key.slots, lo, hi)) {
      return intern(Lift.HEX_TAIL, 4 - read, 0, 0, Slots.derive(algebra, key.slots, lo));
    }
    boolean possible = Slots.takesAny(algebra, key.slots, lo, hi) || highIsPossible(key, lo, hi);
    return possible ? intern(Lift.HEX, read, number, 0, key.slots) : DEAD;
  }

  private boolean highIsPossible(Key key, int lo, int hi) {
    int from = Math.max(lo, 0xD800);
    int to = Math.min(hi, 0xDBFF);
    return from <= to
        && Slots.takesAny(
            algebra,
            key.slots,
            0x10000 + ((from - 0xD800) << 10),
            0x10000 + ((to - 0xD800) << 10) + 0x3FF);
  }

  private int hexTail(Key key, int value) {
    if (value >= 0x80 || Character.digit(value, 16) < 0) {
      return DEAD;
    }
    return key.x == 1
        ? intern(Lift.STRING, 0, 0, 0, key.slots)
        : intern(Lift.HEX_TAIL, key.x - 1, 0, 0, key.slots);
  }

  private int low(Key key, int high, int phase, int number) {
    return intern(Lift.LOW, phase, high, number, key.slots);
  }

  private int low(Key key, int value) {
    if (key.x < 2) {
      return value == (key.x == 0 ? '\\' : 'u') ? low(key, key.y, key.x + 1, 0) : DEAD;
    }
    int digit = value < 0x80 ? Character.digit(value, 16) : -1;
    int read = key.x - 1;
    int number = key.z << 4 | digit;
    if (digit < 0 || !lowIsPossible(key, key.y, read, number)) {
      return DEAD;
    }
    if (read < 4) {
      return low(key, key.y, key.x + 1, number);
    }
    return take(key, Character.toCodePoint((char) key.y, (char) number), Lift.STRING);
  }

  /** Whether a low surrogate that starts with {@code read} digits gives a possible character. */
  private boolean lowIsPossible(Key key, int high, int read, int number) {
    if (high > 0xDBFF) {
      return false;
    }
    int lo = Math.max(number << (4 * (4 - read)), 0xDC00);
    int hi = Math.min(((number + 1) << (4 * (4 - read))) - 1, 0xDFFF);
    int base = 0x10000 + ((high - 0xD800) << 10);
    return lo <= hi && Slots.takesAny(algebra, key.slots, base + lo - 0xDC00, base + hi - 0xDC00);
  }

  private int intern(Lift lift, int x, int y, int z, int[] slots) {
    if (slots.length == 0) {
      return DEAD;
    }
    Key key = new Key(lift, x, y, z, slots);
    Integer known = ids.get(key);
    return known != null ? known : insert(key);
  }

  private int insert(Key key) {
    budget.spend(10);
    if (size > maxStates) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "states", "", "more than %,d automaton states".formatted(maxStates));
    }
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      rows = Arrays.copyOf(rows, 2 * size);
      accepting = Arrays.copyOf(accepting, 2 * size);
    }
    keys[size] = key;
    rows[size] = UNSTEPPED;
    accepting[size] = key.lift.atBoundary() ? Slots.accepting(algebra, key.slots) : new int[0];
    ids.put(key, size);
    return size++;
  }
}
