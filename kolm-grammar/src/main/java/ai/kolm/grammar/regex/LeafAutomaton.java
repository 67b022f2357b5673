package ai.kolm.grammar.regex;

/**
 * A deterministic automaton over characters that is easier to compute than to write as an
 * expression, such as "a decimal above 17.5". States are ints, not negative. Immutable.
 */
public interface LeafAutomaton {
  /** The state after {@code codePoint}; -1 if nothing more can be accepted. */
  int step(int state, int codePoint);

  /** Whether the text so far is accepted. */
  boolean accepts(int state);

  /** The first state. */
  int start();

  /** Sorted code points where the behaviour may change: between two of them all are alike. */
  int[] cuts();
}
