package ai.kolm.grammar.mask;

import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Characters;
import ai.kolm.grammar.regex.Loops;
import ai.kolm.grammar.vocabulary.ByteTrie;
import ai.kolm.grammar.vocabulary.CharacterTokens;
import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.grammar.vocabulary.TokenCollector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that stay in a string by walking the tries of tokens. A branch of nothing but
 * characters that the string takes any number of ({@link Loops}) is taken at once. For one thread
 * at a time.
 */
final class InsideWalk {
  /** From so many tokens on it pays to look for them in masks. */
  private static final int MANY = 256;

  /** Words of a mask for a unit of fuel, when made of those of each character. */
  private static final int WORDS_PER_UNIT = 16;

  /**
   * The ways on from a state.
   *
   * @param own characters that leave it as it is
   * @param out first bytes of all other characters that it takes
   */
  private record Ways(Characters own, Characters out) {}

  private static final Ways UNKNOWN = new Ways(Characters.NONE, new Characters(-1, -1, -1));

  /** Branches for a unit of fuel: as much time as it pays for elsewhere. */
  private static final int BRANCHES_PER_UNIT = 32;

  private final Lexer lexer;
  private final TokenBytes tokens;
  private final Loops loopsOfLanguages;
  private final int[] states;
  private final int[] branches;
  private final int[] ends;

  /** Per depth: what is behind it has been added if it is of these characters. */
  private final Characters[] covered;

  /** The same behind the first byte. */
  private final Characters[] coveredBehind = new Characters[256];

  private int visited;
  private @Nullable Ways[] waysOf = new Ways[64];
  private @Nullable Characters[] loopsOf = new Characters[64];

  InsideWalk(Lexer lexer, TokenBytes tokens) {
    this.lexer = lexer;
    this.tokens = tokens;
    this.loopsOfLanguages = new Loops(lexer.algebra());
    int height = 1 + Math.max(tokens.safe().trie().height(), tokens.rest().trie().height());
    this.states = new int[height];
    this.branches = new int[height];
    this.ends = new int[height];
    this.covered = new Characters[height];
  }

  /**
   * Adds the tokens that stay in the string.
   *
   * @param freedom tokens of at most so many characters are in {@code to} already
   */
  void add(int state, int freedom, TokenCollector to) {
    cover(state, to);
    add(tokens.safe(), tokens::safeBelow, state, freedom, to);
    addRest(state, freedom, to);
  }

  /** The same for the tokens that are not safe, whose characters are not counted but bytes. */
  void addRest(int state, int freedom, TokenCollector to) {
    Arrays.fill(coveredBehind, Characters.NONE);
    add(tokens.rest(), tokens::restBelow, state, freedom, to);
  }

  /**
   * Adds the safe tokens that go on, behind their first character, with such as the string then
   * takes any number of: by masks, all at once. What is left to the walk are the others.
   */
  private void cover(int state, TokenCollector to) {
    Arrays.fill(coveredBehind, Characters.NONE);
    Characters loops = loopsOf(state);
    Map<Characters, Characters> first = new LinkedHashMap<>();
    if (loops.leads() != 0) {
      first.put(loops, new Characters(0, 0, loops.leads()));
    }
    for (int value = 0x20; value < 0x80; value++) {
      int next = lexer.isStringBody(state) && value != '\\' ? lexer.step(state, value) : Lexer.DEAD;
      if (next != Lexer.DEAD) {
        Characters behind = loopsOf(next);
        boolean stays = loops.has(value) && loops.size() >= behind.size();
        first.merge(stays ? loops : behind, Characters.ofAscii(value), Characters::with);
      }
    }
    first.forEach((behind, begin) -> cover(begin, behind, to));
  }

  private void cover(Characters begin, Characters behind, TokenCollector to) {
    CharacterTokens characters = tokens.characters();
    if (behind.isEmpty() || characters.count(begin) < MANY) {
      return;
    }
    lexer.pay(1 + tokens.words() / WORDS_PER_UNIT);
    characters.add(begin, behind, to.bits());
    for (int value = 0; value < coveredBehind.length; value++) {
      if (begin.has(value)) {
        coveredBehind[value] = behind;
      }
    }
  }

  /** {@code below}: the length of the longest token at or below a node. */
  private void add(
      TokenBytes.Part part, IntUnaryOperator below, int state, int freedom, TokenCollector to) {
    ByteTrie trie = part.trie();
    int depth = 0;
    enter(trie, 0, 0, state);
    covered[0] = Characters.NONE;
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
      int label = trie.branchLabel(branch);
      boolean in = freedom > 0 && below.applyAsInt(node) <= freedom;
      if (!in
          && !isCovered(part, node, states[depth], covered[depth])
          && !takesBelow(part, label, node, states[depth], to)) {
        int next = lexer.step(states[depth], label);
        if (next != Lexer.DEAD) {
          if (trie.key(node) >= 0) {
            part.add(trie.key(node), to);
          }
          Characters behind = depth == 0 ? coveredBehind[label] : covered[depth];
          enter(trie, ++depth, node, next);
          covered[depth] =
              label >> 6 == 2 || depth == 1 || behind.has(label) ? behind : Characters.NONE;
        }
      }
    }
  }

  /**
   * Whether no token at or below a node is allowed but those that have been added.
   *
   * @param characters tokens that go on with nothing else have been added
   */
  private boolean isCovered(TokenBytes.Part part, int node, int state, Characters characters) {
    if (characters.isEmpty()) {
      return false;
    }
    if (part.within(node, characters)) {
      return true;
    }
    Ways ways = waysOf(state);
    return !part.meets(node, ways.out) && ways.own.and(characters).equals(ways.own);
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

  private Ways waysOf(int state) {
    if (state >= waysOf.length) {
      waysOf = Arrays.copyOf(waysOf, Math.max(state + 1, 2 * waysOf.length));
    }
    Ways ways = waysOf[state];
    if (ways == null) {
      ways = computeWays(state);
      waysOf[state] = ways;
    }
    return ways;
  }

  private Ways computeWays(int state) {
    int[] slots = lexer.slots(state);
    if (!lexer.isStringBody(state) || slots.length != 2) {
      return UNKNOWN;
    }
    return new Ways(loopsOfLanguages.ownOf(slots[1]), loopsOfLanguages.exitsOf(slots[1]));
  }
}
