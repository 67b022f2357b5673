package ai.kolm.grammar.reply;

import ai.kolm.grammar.automaton.ByteAutomaton;

/**
 * Reads the arguments of a call. As an automaton it need not know its own end: {@link #ends} tells.
 */
sealed interface CallArguments extends ByteAutomaton
    permits JsonArguments, PythonCallArguments, TextArguments {

  /** Whether the arguments have ended in {@code state}, which {@code last} has led to. */
  boolean ends(long state, int last);

  @Override
  default boolean accepts(long state) {
    return false; // arguments are followed by something, if only in thought
  }
}
