package ai.kolm.grammar.mask;

import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.vocabulary.ByteTrie;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** Reads all strings of a trie at once with an automaton. For one thread at a time. */
final class ProbeWalk {
  private final ByteAutomaton automaton;
  private final ByteTrie trie;
  private final long[] states;
  private final int[] branches;
  private final int[] ends;

  ProbeWalk(ByteAutomaton automaton, ByteTrie trie) {
    this.automaton = automaton;
    this.trie = trie;
    this.states = new long[trie.height() + 1];
    this.branches = new int[states.length];
    this.ends = new int[states.length];
  }

  /**
   * Reads on from {@code state}.
   *
   * @param skipped nodes that are not to be read, with all below
   * @param found is given the keys of strings that the automaton takes
   * @param unsure is given the nodes at which it cannot tell, what is below them not being read
   */
  void from(long state, IntPredicate skipped, IntConsumer found, IntConsumer unsure) {
    int depth = 0;
    enter(0, 0, state);
    while (depth >= 0) {
      if (branches[depth] == ends[depth]) {
        depth--;
        continue;
      }
      int branch = branches[depth]++;
      int node = trie.branchNode(branch);
      if (skipped.test(node)) {
        continue;
      }
      long next = automaton.probe(states[depth], trie.branchLabel(branch));
      if (automaton.takeUnsure()) {
        unsure.accept(node);
      } else if (next != ByteAutomaton.DEAD) {
        if (trie.key(node) >= 0) {
          found.accept(trie.key(node));
        }
        enter(++depth, node, next);
      }
    }
  }

  private void enter(int depth, int node, long state) {
    states[depth] = state;
    branches[depth] = trie.branches(node);
    ends[depth] = trie.branches(node + 1);
  }
}
