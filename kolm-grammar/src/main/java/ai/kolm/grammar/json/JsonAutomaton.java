package ai.kolm.grammar.json;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.automaton.IntArrays;
import ai.kolm.grammar.automaton.LongMap;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.schema.Structure;
import java.util.Arrays;

/**
 * Reads JSON under a schema. The text is read by several threads in lock step, one for every way
 * the schema can be met by what has been read; because brackets alone decide what is opened and
 * closed, all threads are at the same place of the text and have equally deep stacks.
 *
 * <p>A state is a context (what comes next, and the threads: an interned array), a state of the
 * lexer inside of strings and numbers, and the text of the current string where it is kept: where a
 * key or item must not come twice.
 */
public final class JsonAutomaton implements ByteAutomaton {
  private static final int TEXT_BITS = 20;
  private static final int LEXER_BITS = 21;

  /** The keep of a context outside of texts that depends on what has not been kept. */
  private static final int UNCERTAIN = 3;

  /** About the size of a value that is followed. */
  private static final long VALUE_BYTES = 400;

  private final Structure structure;
  private final Lexer lexer;
  private final Stacks stacks = new Stacks();
  private final Texts texts = new Texts();
  private final IntArrays contexts = new IntArrays();
  private final LongMap steps = new LongMap();
  private final LongMap plains = new LongMap();
  private final LongMap forgetful = new LongMap();
  private final Following following;
  private final Threads threads;
  private final Whitespace whitespace;
  private final long start;
  private boolean unsure;

  /**
   * @param structure what the schema asks for
   * @param levels objects and arrays an answer may nest
   */
  public JsonAutomaton(
      Structure structure, Lexer lexer, Numbers numbers, JsonStyle style, int levels) {
    this.structure = structure;
    this.lexer = lexer;
    this.whitespace = new Whitespace(style.whitespace());
    this.following = new Following(structure, stacks, levels);
    this.threads = new Threads(structure, stacks, following, numbers, style.integers());
    int root = structure.root();
    if (!structure.isMet(root, levels)) {
      throw new GrammarException(Code.UNSATISFIABLE, "schema", "", "no value satisfies the schema");
    }
    start = structural(Phase.VALUE, new int[] {root, Stacks.EMPTY});
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public Lexer lexer() {
    return lexer;
  }

  @Override
  public long size() {
    return contexts.bytes()
        + lexer.bytes()
        + 32L * steps.size()
        + stacks.bytes()
        + 40L * texts.size()
        + VALUE_BYTES * structure.size();
  }

  @Override
  public boolean takeUnsure() {
    boolean result = unsure;
    unsure = false;
    return result;
  }

  // A context: phase, how texts are kept, then the threads. Between tokens the state of the lexer
  // is 0, and in place of a text there is a count of blanks.

  private static Phase phase(int[] context) {
    return Phase.of(context[0]);
  }

  private static long state(int context, int lexerState, int text) {
    return ((long) context << LEXER_BITS | lexerState) << TEXT_BITS | text;
  }

  private static int contextOf(long state) {
    return (int) (state >>> (LEXER_BITS + TEXT_BITS));
  }

  private static int lexerOf(long state) {
    return (int) (state >>> TEXT_BITS) & (1 << LEXER_BITS) - 1;
  }

  private static int textOf(long state) {
    return (int) state & (1 << TEXT_BITS) - 1;
  }

  @SuppressWarnings("EnumOrdinal") // a number for interning, never stored
  private int context(Phase phase, int keep, int[] kept) {
    int[] context = new int[kept.length + Threads.FIRST];
    context[0] = phase.ordinal();
    context[1] = keep;
    System.arraycopy(kept, 0, context, Threads.FIRST, kept.length);
    int id = contexts.intern(context);
    if (id >= 1 << (63 - LEXER_BITS - TEXT_BITS)) {
      throw tooMany();
    }
    return id;
  }

  private static GrammarException tooMany() {
    return new GrammarException(
        Code.TOO_COMPLEX, "states", "", "too many states of the automaton for JSON");
  }

  private long structural(Phase phase, int[] kept) {
    if (kept.length == 0) {
      return DEAD;
    }
    int keep = following.isUncertain(kept, phase) ? UNCERTAIN : Threads.KEEP_NOTHING;
    return state(context(phase, keep, kept), 0, 0);
  }

  private long lexical(Phase phase, int keep, int[] kept, int lexerState) {
    if (lexerState == Lexer.DEAD) {
      return DEAD;
    }
    if (lexerState >= 1 << LEXER_BITS) {
      throw tooMany();
    }
    int text = keep == Threads.KEEP_NOTHING ? Texts.NONE : Texts.EMPTY;
    return state(context(phase, keep, kept), lexerState, text);
  }

  @Override
  public long canonical(long state) {
    int id = forgetful(contextOf(state));
    return contexts.get(id)[1] == Threads.KEEP_IF_KNOWN
        ? state(id, lexerOf(state), Texts.FORGOTTEN)
        : state(id, lexerOf(state), textOf(state));
  }

  private int forgetful(int id) {
    int known = (int) forgetful.get(id, 0);
    if (known == 0) {
      int[] context = contexts.get(id);
      int[] threads = following.forgetful(context, phase(context));
      known = threads == null ? id : context(phase(context), context[1], threads);
      forgetful.put(id, known);
    }
    return known;
  }

  @Override
  public boolean accepts(long state) {
    int[] context = contexts.get(contextOf(state));
    return switch (phase(context)) {
      case AFTER -> context[Threads.FIRST] == Stacks.EMPTY;
      case PLAIN -> {
        int[] slots = lexer.accepting(lexerOf(state));
        yield slots.length > 0 && threads.endsAll(context, slots);
      }
      default -> false;
    };
  }

  @Override
  public int body(long state) {
    int lexerState = lexerOf(state);
    if (lexerState == 0 || !lexer.inString(lexerState)) {
      return 0;
    }
    // Where the text has to be kept each token that ends it is read: too dear where few go on.
    boolean kept = contexts.get(contextOf(state))[1] == Threads.KEEP_ALWAYS;
    return !kept || lexer.takesMany(lexerState) ? lexerState : 0;
  }

  @Override
  public int freedom(long state) {
    return 0;
  }

  @Override
  public long close(long state, int slot) {
    int[] context = contexts.get(contextOf(state));
    if (context[1] == Threads.KEEP_ALWAYS) {
      unsure = true;
      return DEAD;
    }
    int text = context[1] == Threads.KEEP_NOTHING ? Texts.NONE : Texts.FORGOTTEN;
    return close(context, new int[] {slot}, text);
  }

  @Override
  public long step(long state, int value) {
    return step(state, value, false);
  }

  @Override
  public long probe(long state, int value) {
    return step(state, value, true);
  }

  private long step(long state, int value, boolean forget) {
    int lexerState = lexerOf(state);
    if (lexerState == 0) {
      return structuralStep(state, value);
    }
    int next = lexer.step(lexerState, value);
    if (next != Lexer.DEAD) {
      return state(contextOf(state), next, keep(state, value, forget));
    }
    int[] context = contexts.get(contextOf(state));
    int[] slots = lexer.accepting(lexerState);
    if (slots.length == 0) {
      return DEAD;
    }
    if (phase(context) == Phase.PLAIN) {
      if (!Phase.AFTER.mayStart(value) && !whitespace.isBlank(value)) {
        return DEAD;
      }
      long after = close(context, slots, textOf(state));
      return after == DEAD ? DEAD : step(after, value, forget);
    }
    return value == '"' ? close(context, slots, textOf(state)) : DEAD;
  }

  private int keep(long state, int value, boolean forget) {
    int text = textOf(state);
    if (text <= Texts.FORGOTTEN) {
      return text;
    }
    int mode = contexts.get(contextOf(state))[1];
    if (forget && mode == Threads.KEEP_IF_KNOWN) {
      return Texts.FORGOTTEN;
    }
    int longer = texts.append(text, value);
    if (longer >= 1 << TEXT_BITS) {
      throw tooMany();
    }
    return longer;
  }

  /** Behind a string, key, number or word that the {@code slots} have accepted. */
  private long close(int[] context, int[] slots, int text) {
    String kept = text > Texts.FORGOTTEN ? texts.get(text) : null;
    Phase phase = phase(context);
    if (phase == Phase.KEY_TEXT) {
      unsure |= threads.dependsOnForgottenKey(context, slots);
      return structural(Phase.COLON, threads.afterKey(context, slots, kept));
    }
    unsure |= threads.dependsOnForgottenItem(context, slots);
    boolean string = phase == Phase.STRING;
    return structural(Phase.AFTER, threads.afterScalar(context, slots, kept, string));
  }

  private long structuralStep(long state, int value) {
    int id = contextOf(state);
    if (whitespace.isBlank(value)) {
      return blank(state, value);
    }
    int[] context = contexts.get(id);
    if (!phase(context).mayStart(value)) {
      return DEAD;
    }
    unsure |= context[1] == UNCERTAIN;
    long key = (long) id << 8 | value;
    long known = steps.get(key, -1);
    if (known == -1) {
      known = compute(id, value);
      steps.put(key, known);
    }
    return known;
  }

  private long blank(long state, int value) {
    int[] context = contexts.get(contextOf(state));
    boolean ended = phase(context) == Phase.AFTER && context[Threads.FIRST] == Stacks.EMPTY;
    int blanks = ended ? -1 : whitespace.after(textOf(state), value);
    return blanks < 0 ? DEAD : state(contextOf(state), 0, blanks);
  }

  private long compute(int id, int value) {
    int[] context = contexts.get(id);
    int[] kept = Arrays.copyOfRange(context, Threads.FIRST, context.length);
    Phase phase = phase(context);
    return switch (phase) {
      case VALUE -> value(id, kept, value);
      case ITEM_OR_END ->
          value == ']' ? structural(Phase.AFTER, threads.end(kept, true)) : firstItem(kept, value);
      case KEY_OR_END ->
          value == '}' ? structural(Phase.AFTER, threads.end(kept, false)) : key(kept, value);
      case KEY -> key(kept, value);
      case COLON -> value == ':' ? structural(Phase.VALUE, kept) : DEAD;
      case AFTER -> after(kept, value);
      case STRING, PLAIN, KEY_TEXT -> throw new AssertionError(phase);
    };
  }

  private long firstItem(int[] kept, int value) {
    long begun = structural(Phase.VALUE, threads.items(kept));
    return begun == DEAD ? DEAD : structuralStep(begun, value);
  }

  private long value(int id, int[] kept, int value) {
    return switch (value) {
      case '{' -> structural(Phase.KEY_OR_END, threads.begin(kept, false));
      case '[' -> structural(Phase.ITEM_OR_END, threads.begin(kept, true));
      case '"' -> {
        int[] strings = threads.strings(kept);
        int lexerState = lexer.string(threads.slots(strings, false));
        yield lexical(Phase.STRING, threads.keepString(kept), strings, lexerState);
      }
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f', 'n' ->
          plain(id, kept, value);
      default -> DEAD;
    };
  }

  private long plain(int id, int[] kept, int value) {
    long begun = plains.get(id, -1);
    if (begun == -1) {
      int[] words = threads.plain(kept);
      int lexerState = lexer.text(threads.slots(words, false));
      begun = lexical(Phase.PLAIN, threads.keepPlain(kept), words, lexerState);
      plains.put(id, begun);
    }
    if (begun == DEAD) {
      return DEAD;
    }
    // The first byte of a number or word, unlike later ones, cannot be what follows it.
    int next = lexer.step(lexerOf(begun), value);
    return next == Lexer.DEAD ? DEAD : state(contextOf(begun), next, keep(begun, value, false));
  }

  private long key(int[] kept, int value) {
    if (value != '"') {
      return DEAD;
    }
    int[] options = threads.keyOptions(kept);
    int lexerState = lexer.string(threads.slots(options, true));
    return lexical(Phase.KEY_TEXT, threads.keepKey(options), options, lexerState);
  }

  private long after(int[] kept, int value) {
    return switch (value) {
      case '}' -> structural(Phase.AFTER, threads.end(kept, false));
      case ']' -> structural(Phase.AFTER, threads.end(kept, true));
      case ',' ->
          stacks.isArray(kept[0])
              ? structural(Phase.VALUE, threads.items(kept))
              : structural(Phase.KEY, threads.withMoreKeys(kept));
      default -> DEAD;
    };
  }
}
