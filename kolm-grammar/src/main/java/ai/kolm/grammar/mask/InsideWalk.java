package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Characters;
import ai.kolm.grammar.regex.Loops;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that stay in a string by walking the tries of tokens. A branch of nothing but
 * characters that the string takes any number of ({@link Loops}) is taken at once. For one thread
 * at a time.
 */
final class InsideWalk {
  /** Branches for a unit of fuel: as much time as it pays for elsewhere. */
  private static final int BRANCHES_PER_UNIT = 32;

  private final Lexer lexer;
  private final TokenBytes tokens;
  private final Loops loopsOfLanguages;
  private final int[] states;
  private final int[] branches;
  private final int[] ends;
  private int visited;
  private @Nullable Characters[] loopsOf = new Characters[64];

  InsideWalk(Lexer lexer, TokenBytes tokens) {
    this.lexer = lexer;
    this.tokens = tokens;
    this.loopsOfLanguages = new Loops(lexer.algebra());
    int height = 1 + Math.max(tokens.safe().trie().height(), tokens.rest().trie().height());
    this.states = new int[height];
    this.branches = new int[height];
    this.ends = new int[height];
  }

  /**
   * Adds the tokens that stay in the string.
   *
   * @param freedom tokens of at most so many characters are in {@code to} already
   */
  void add(int state, int freedom, TokenCollector to) {
    add(tokens.safe(), tokens::safeBelow, state, freedom, to);
    addRest(state, freedom, to);
  }

  /** The same for the tokens that are not safe, whose characters are not counted but bytes. */
  void addRest(int state, int freedom, TokenCollector to) {
    add(tokens.rest(), tokens::restBelow, state, freedom, to);
  }

  /** {@code below}: the length of the longest token at or below a node. */
  private void add(
      TokenBytes.Part part, IntUnaryOperator below, int state, int freedom, TokenCollector to) {
    ByteTrie trie = part.trie();
    int depth = 0;
    enter(trie, 0, 0, state);
    while (depth >= 0) {
      if (branches[depth] == ends[depth]) {
        depth--;
        continue;
      }
      if (++visited % BRANCHES_PER_UNIT == 0) {
        lexer.pay(1);
      }
      int branch = branches[depth]++;
      int node = trie.branchNode(branch);
      boolean in = freedom > 0 && below.applyAsInt(node) <= freedom;
      if (!in && !takesBelow(part, trie.branchLabel(branch), node, states[depth], to)) {
        int next = lexer.step(states[depth], trie.branchLabel(branch));
        if (next != Lexer.DEAD) {
          if (trie.key(node) >= 0) {
            part.add(trie.key(node), to);
          }
          enter(trie, ++depth, node, next);
        }
      }
    }
  }

  private void enter(ByteTrie trie, int depth, int node, int state) {
    states[depth] = state;
    branches[depth] = trie.branches(node);
    ends[depth] = trie.branches(node + 1);
  }

  /** Adds what is at and below a node if the string takes all of its characters at any time. */
  private boolean takesBelow(
      TokenBytes.Part part, int label, int node, int before, TokenCollector to) {
    Characters loops = loopsOf(before);
    if (loops.isEmpty() || !loops.mayBegin(label) || !part.within(node, loops)) {
      return false;
    }
    part.addBelow(node, to);
    return true;
  }

  /** None within a character. */
  private Characters loopsOf(int state) {
    if (state >= loopsOf.length) {
      loopsOf = Arrays.copyOf(loopsOf, Math.max(state + 1, 2 * loopsOf.length));
    }
    Characters characters = loopsOf[state];
    if (characters == null) {
      characters = compute(state);
      loopsOf[state] = characters;
    }
    return characters;
  }

  private Characters compute(int state) {
    Characters most = Characters.NONE;
    if (lexer.isStringBody(state)) {
      int[] slots = lexer.slots(state);
      for (int i = 1; i < slots.length; i += 2) {
        Characters characters = loopsOfLanguages.of(slots[i]);
        most = characters.size() > most.size() ? characters : most;
      }
    }
    return most;
  }
}
