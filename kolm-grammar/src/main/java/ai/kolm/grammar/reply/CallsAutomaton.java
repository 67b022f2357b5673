package ai.kolm.grammar.reply;

import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.CallForm.Callee;
import ai.kolm.grammar.CallForm.Notation;
import ai.kolm.grammar.CallForm.Piece;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the calls of an answer in a {@link CallForm}. A state is a node in the tree of texts that
 * may come next, or an automaton of arguments and its state. Where arguments end, the tree of what
 * may follow them begins.
 */
public final class CallsAutomaton implements ByteAutomaton {
  /** Reads the text of a {@linkplain Callee#input() callee}. */
  public interface Inputs {
    /** An automaton of texts of {@code grammar}. */
    ByteAutomaton open(Callee callee, String grammar);
  }

  private static final int READER_BITS = 9;

  /** In place of a number of arguments: a node of the tree. */
  private static final int TREE = 0;

  private final CallForm form;
  private final @Nullable ByteAutomaton calls;
  private final MarkTrie tree;
  private final List<CallArguments> arguments = new ArrayList<>();
  private final List<Interned> states = new ArrayList<>();

  /** Per arguments the tree of what may follow. */
  private final List<Integer> followers = new ArrayList<>();

  private final int start;

  /** Nodes of the tree where the calls may end. */
  private final BitSet ends = new BitSet();

  /**
   * @param callees at least one, at most 128
   * @param argumentsKey of the objects that {@code calls} reads
   * @param parallel whether there may be several calls
   * @param calls reads objects of a name and arguments, in this order and nothing else; {@code
   *     null} if no callee has arguments of a schema
   * @param inputs opens the others
   */
  public CallsAutomaton(
      CallForm form,
      List<Callee> callees,
      String argumentsKey,
      boolean parallel,
      @Nullable ByteAutomaton calls,
      Inputs inputs,
      Vocabulary vocabulary) {
    this.form = form;
    this.calls = calls;
    this.tree = new MarkTrie(vocabulary);
    this.start = tree.root();
    List<List<Piece>> heads = new ArrayList<>();
    List<List<Piece>> tails = new ArrayList<>();
    for (Callee callee : callees) {
      arguments.add(reader(callee, argumentsKey, inputs));
      states.add(new Interned());
      boolean text = callee.input().isPresent();
      List<Piece> name = CallForm.texts(callee.name());
      heads.add(join(form.before(), name, form.after(), text ? beforeInput() : List.of()));
      tails.add(join(text ? behindInput() : List.of(), form.tail()));
    }
    for (int i = 0; i < heads.size(); i++) {
      tree.add(start, join(form.first(), heads.get(i)), i);
    }
    Map<List<Piece>, Integer> roots = new HashMap<>();
    for (List<Piece> tail : tails) {
      followers.add(roots.computeIfAbsent(tail, key -> followers(key, heads, parallel)));
    }
  }

  private int followers(List<Piece> tail, List<List<Piece>> heads, boolean parallel) {
    int root = tree.root();
    for (int i = 0; parallel && i < heads.size(); i++) {
      tree.add(root, join(tail, form.between(), heads.get(i)), i);
    }
    ends.set(tree.path(root, join(tail, form.last())));
    return root;
  }

  private CallArguments reader(Callee callee, String key, Inputs inputs) {
    if (callee.input().isPresent()) {
      return new TextArguments(inputs.open(callee, callee.input().get()));
    }
    if (calls == null) {
      throw new IllegalArgumentException("no schema of the arguments of " + callee.name());
    }
    String head = "{\"name\":\"%s\",\"%s\":".formatted(callee.name(), key);
    return form.notation() == Notation.PYTHON
        ? new PythonCallArguments(calls, head + "{")
        : new JsonArguments(calls, head);
  }

  private List<Piece> beforeInput() {
    return CallForm.texts(
        form.notation() == Notation.PYTHON
            ? CallForm.INPUT + "=\""
            : "{\"" + CallForm.INPUT + "\": \"");
  }

  private List<Piece> behindInput() {
    return CallForm.texts(form.notation() == Notation.PYTHON ? ")" : "}");
  }

  @SafeVarargs
  private static List<Piece> join(List<Piece>... parts) {
    List<Piece> all = new ArrayList<>();
    for (List<Piece> part : parts) {
      all.addAll(part);
    }
    return all;
  }

  private static long node(int node) {
    return ((node + 1L) << READER_BITS) | TREE;
  }

  private static int reader(long state) {
    return ((int) state & ((1 << READER_BITS) - 1)) - 1;
  }

  private static int number(long state) {
    return (int) (state >>> READER_BITS) - 1;
  }

  private long state(int reader, long inner) {
    return inner == DEAD
        ? DEAD
        : ((states.get(reader).number(inner) + 1L) << READER_BITS) | (reader + 1);
  }

  private long inner(long state) {
    return states.get(reader(state)).state(number(state));
  }

  @Override
  public long start() {
    return node(start);
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
    int reader = reader(state);
    if (reader < 0) {
      int next = tree.step(number(state), value);
      if (next == MarkTrie.DEAD) {
        return DEAD;
      }
      int goal = tree.goal(next);
      return goal == MarkTrie.NONE ? node(next) : state(goal, arguments.get(goal).start());
    }
    CallArguments automaton = arguments.get(reader);
    long before = inner(state);
    long after = probe ? automaton.probe(before, value) : automaton.step(before, value);
    return after != DEAD && automaton.ends(after, value)
        ? node(followers.get(reader))
        : state(reader, after);
  }

  @Override
  public boolean takeUnsure() {
    boolean unsure = calls != null && calls.takeUnsure();
    for (CallArguments each : arguments) {
      unsure |= each.takeUnsure();
    }
    return unsure;
  }

  @Override
  public long canonical(long state) {
    int reader = reader(state);
    return reader < 0 ? state : state(reader, arguments.get(reader).canonical(inner(state)));
  }

  @Override
  public boolean accepts(long state) {
    return reader(state) < 0 && ends.get(number(state));
  }

  @Override
  public Lexer lexer() {
    return calls == null ? arguments.getFirst().lexer() : calls.lexer();
  }

  @Override
  public int body(long state) {
    int reader = reader(state);
    return reader < 0 ? 0 : arguments.get(reader).body(inner(state));
  }

  @Override
  public long close(long state, int slot) {
    int reader = reader(state);
    return state(reader, arguments.get(reader).close(inner(state), slot));
  }

  @Override
  public int freedom(long state) {
    int reader = reader(state);
    return reader < 0 ? 0 : arguments.get(reader).freedom(inner(state));
  }

  @Override
  public long size() {
    long size = (calls == null ? 0 : calls.size()) + tree.bytes();
    for (int i = 0; i < arguments.size(); i++) {
      size += arguments.get(i).size() + states.get(i).bytes();
    }
    return size;
  }
}
