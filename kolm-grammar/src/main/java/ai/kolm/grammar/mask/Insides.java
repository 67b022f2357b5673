package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Horizon;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.regex.Shapes;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The tokens that stay in a string: those of each of its languages. Languages that end nowhere near
 * are walked once, however often they come back beside others that do, or with another count of
 * characters left ({@link Horizon}).
 *
 * <p>For one thread at a time.
 */
final class Insides {
  /** Counts below this are followed, not looked beyond. */
  private static final int FEW = 16;

  private final Lexer lexer;
  private final RegexAlgebra algebra;
  private final TokenBytes tokens;
  private final FreeStrings free;
  private final Horizon horizon;
  private final InsideWalk walk;
  private final Map<Integer, TokenSet> walked = new HashMap<>();
  private long bytes;

  Insides(Lexer lexer, TokenBytes tokens, FreeStrings free) {
    this.lexer = lexer;
    this.algebra = lexer.algebra();
    this.tokens = tokens;
    this.free = free;
    this.horizon = new Horizon(algebra, tokens.longest(), Math.min(FEW, tokens.longest()));
    this.walk = new InsideWalk(lexer, tokens);
  }

  /** Memory taken by what is kept, in bytes. */
  long bytes() {
    return bytes;
  }

  /** The tokens that stay in the string at any {@code state} inside of it. */
  TokenSet of(int state) {
    long[] inside = new long[tokens.words()];
    if (!lexer.isStringBody(state)) {
      walk.add(state, 0, inside);
      return TokenSet.of(inside);
    }
    if (lexer.freedom(state) >= tokens.longest()) {
      return free.any().inside();
    }
    addSlots(state, inside);
    return TokenSet.of(inside);
  }

  private void addSlots(int state, long[] inside) {
    int[] slots = lexer.slots(state);
    Group ending = new Group();
    Group endless = new Group();
    for (int i = 1; i < slots.length; i += 2) {
      for (int language : Shapes.alternatives(algebra, slots[i])) {
        if (Shapes.isRun(algebra, language)) {
          run(language, inside);
          continue;
        }
        Horizon.View view = horizon.of(language);
        if (algebra.longest(view.language()) < RegexAlgebra.UNBOUNDED) {
          ending.add(language);
        } else if (view.characters() >= tokens.longest()) {
          endless.add(view.language());
        } else {
          counted(language, view, inside);
        }
      }
    }
    // Its rows will be needed anyway.
    walk(ending.hasAll(slots) ? state : ending.state(), inside);
    int others = endless.state();
    if (others != Lexer.DEAD) {
      walked(others).addTo(inside);
    }
  }

  /** Languages side by side. */
  private final class Group {
    private int[] slots = new int[8];
    private int size;

    void add(int language) {
      if (size + 2 > slots.length) {
        slots = Arrays.copyOf(slots, 2 * size);
      }
      slots[size] = size / 2;
      slots[size + 1] = language;
      size += 2;
    }

    /** Whether these are the languages of {@code other}, whatever the numbers of their slots. */
    boolean hasAll(int[] other) {
      boolean all = size == other.length;
      for (int i = 1; all && i < size; i += 2) {
        all = slots[i] == other[i];
      }
      return all;
    }

    /** The state of the lexer at the start of a string of any of them. */
    int state() {
      return size == 0 ? Lexer.DEAD : lexer.string(Arrays.copyOf(slots, size));
    }
  }

  /** What a language allows that looks like another as far as a count goes, and beyond. */
  private void counted(int language, Horizon.View view, long[] inside) {
    long[] alike = new long[inside.length];
    int state = lexer.string(0, view.language());
    if (state != Lexer.DEAD) {
      walked(state).addTo(alike);
    }
    addUpTo(view.characters(), alike, inside);
    int exact = lexer.string(0, language);
    if (exact != Lexer.DEAD) {
      walk.add(exact, view.characters(), inside);
    }
  }

  private TokenSet walked(int state) {
    TokenSet known = walked.get(state);
    if (known == null) {
      long[] inside = new long[tokens.words()];
      walk(state, inside);
      known = TokenSet.of(inside);
      bytes += known.bytes();
      walked.put(state, known);
    }
    return known;
  }

  private void walk(int state, long[] inside) {
    if (state == Lexer.DEAD) {
      return;
    }
    int freedom = lexer.freedom(state);
    if (freedom >= tokens.longest()) {
      free.any().inside().addTo(inside);
      return;
    }
    if (freedom > 0) {
      add(free.upTo(freedom), inside);
    }
    walk.add(state, freedom, inside);
  }

  private void run(int language, long[] inside) {
    int longest = Shapes.longestRun(algebra, language);
    long[] run = free.run(Shapes.charactersOfRun(algebra, language), lexer);
    if (longest >= tokens.longest()) {
      add(run, inside);
      return;
    }
    addUpTo(longest, run, inside);
    // Tokens with escapes have fewer characters than bytes.
    walk.addRest(lexer.string(0, language), longest, inside);
  }

  private void addUpTo(int characters, long[] from, long[] inside) {
    long[] shorter = free.upTo(characters);
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= from[i] & shorter[i];
    }
  }

  private static void add(long[] more, long[] inside) {
    for (int i = 0; i < inside.length; i++) {
      inside[i] |= more[i];
    }
  }
}
