package ai.kolm.grammar.mask;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.regex.Budget;

/** The grammar of an automaton over bytes, for one vocabulary. Safe for use by many threads. */
public class AutomatonGrammar implements Grammar {
  /** Makes an automaton, in the state it has before anything has been read. */
  public interface Source {
    /**
     * A new automaton.
     *
     * @param budget pays for it, then and later
     */
    ByteAutomaton open(Budget budget);
  }

  private final Source source;
  private final PreparedVocabulary vocabulary;
  private final GrammarLimits limits;
  private Tables tables;

  /** The grammar; makes its first automaton at once, so that what can be refused is. */
  public AutomatonGrammar(Source source, PreparedVocabulary vocabulary, GrammarLimits limits) {
    this.source = source;
    this.vocabulary = vocabulary;
    this.limits = limits;
    this.tables = open();
  }

  private Tables open() {
    Budget budget = new Budget(limits.compileFuel(), "compiling the grammar");
    return new Tables(source.open(budget), vocabulary, budget, limits);
  }

  @Override
  public synchronized long bytes() {
    return tables.bytes();
  }

  @Override
  public TokenMatcher matcher() {
    Tables current;
    synchronized (this) {
      if (tables.isLarge()) {
        tables = open();
      }
      current = tables;
    }
    return new AutomatonMatcher(current);
  }
}
