package ai.kolm.grammar.automaton;

import ai.kolm.grammar.lexer.Lexer;

/**
 * A deterministic automaton over bytes, made state by state when first asked for. States are longs
 * above 0; from each of them some end can be reached.
 *
 * <p>For one thread at a time.
 */
public interface ByteAutomaton {
  /** No state: the byte is refused. */
  long DEAD = 0;

  /** The first state. */
  long start();

  /** The state after {@code value}; {@link #DEAD} if there is none. */
  long step(long state, int value);

  /**
   * As {@link #step}, for looking ahead by one token: what has been read may be forgotten where
   * only later tokens can depend on it. If it turns out to matter, {@link #takeUnsure} says so.
   */
  long probe(long state, int value);

  /** Whether a {@link #probe} since the last call may have gone wrong for want of memory. */
  boolean takeUnsure();

  /** The state to probe from and to remember masks by: equal for states with equal masks. */
  long canonical(long state);

  /** Whether the text may end here. */
  boolean accepts(long state);

  /** Whether any text may come next, as far as the grammar is concerned. */
  default boolean isFree(long state) {
    return false;
  }

  /** The automaton that reads the insides of strings. */
  Lexer lexer();

  /**
   * The state of {@link #lexer} if the bytes up to the next quote, and whether they are accepted,
   * depend on nothing else; otherwise 0.
   */
  int body(long state);

  /**
   * From a state with a {@link #body}: behind the quote, {@code slot} having accepted. What may
   * follow where several have is what may follow one of them.
   */
  long close(long state, int slot);

  /**
   * Outside of a {@link #body}: so many characters, any that may stand in a JSON string as they
   * are, may come next; 0 if that is not known.
   */
  int freedom(long state);

  /** An estimate of the memory taken by all states made so far, in bytes. */
  long size();
}
