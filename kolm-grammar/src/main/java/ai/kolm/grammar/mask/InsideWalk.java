package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Characters;
import ai.kolm.grammar.regex.Loops;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.TokenBytes;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that stay in a string by walking the tries of tokens. A branch of nothing but
 * characters that the string takes any number of ({@link Loops}) is taken at once. For one thread
 * at a time.
 */
final class InsideWalk {
  private final Lexer lexer;
  private final TokenBytes tokens;
  private final Loops loopsOfLanguages;
  private final int[] states;
  private @Nullable Characters[] loopsOf = new Characters[64];

  InsideWalk(Lexer lexer, TokenBytes tokens) {
    this.lexer = lexer;
    this.tokens = tokens;
    this.loopsOfLanguages = new Loops(lexer.algebra());
    this.states =
        new int[1 + Math.max(tokens.safe().trie().height(), tokens.rest().trie().height())];
  }

  /**
   * Adds the tokens that stay in the string.
   *
   * @param freedom tokens of at most so many characters are in {@code mask} already
   */
  void add(int state, int freedom, long[] mask) {
    add(tokens.safe(), tokens::safeBelow, state, freedom, mask);
    addRest(state, freedom, mask);
  }

  /** The same for the tokens that are not safe, whose characters are not counted but bytes. */
  void addRest(int state, int freedom, long[] mask) {
    add(tokens.rest(), tokens::restBelow, state, freedom, mask);
  }

  /** {@code below}: the length of the longest token at or below a node. */
  private void add(
      TokenBytes.Part part, IntUnaryOperator below, int state, int freedom, long[] mask) {
    ByteTrie trie = part.trie();
    states[0] = state;
    int size = trie.size();
    int node = 1;
    while (node < size) {
      node =
          freedom > 0 && below.applyAsInt(node) <= freedom
              ? trie.end(node)
              : next(part, trie, node, mask);
    }
  }

  /** Reads one node; gives the next one to read. */
  private int next(TokenBytes.Part part, ByteTrie trie, int node, long[] mask) {
    int depth = trie.depth(node);
    int before = states[depth - 1];
    Characters loops = loopsOf(before);
    if (!loops.isEmpty() && part.within(node, loops)) {
      part.addBelow(node, mask);
      return trie.end(node);
    }
    int next = lexer.step(before, trie.label(node));
    if (next == Lexer.DEAD) {
      return trie.end(node);
    }
    states[depth] = next;
    int key = trie.key(node);
    if (key >= 0) {
      part.add(key, mask);
    }
    return node + 1;
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
