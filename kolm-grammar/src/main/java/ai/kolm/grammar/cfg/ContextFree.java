package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A context-free grammar: rules by name, the languages of its texts, and the automata of its other
 * parts. Filled by a front end, then handed to {@link Productions}.
 */
public final class ContextFree {
  private final RegexAlgebra algebra;
  private final Budget budget;
  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private final List<ByteAutomaton> parts = new ArrayList<>();
  private final String start;

  /**
   * A grammar without rules.
   *
   * @param start the name of the rule of the whole answer
   */
  public ContextFree(RegexAlgebra algebra, Budget budget, String start) {
    this.algebra = algebra;
    this.budget = budget;
    this.start = start;
  }

  /** Where the languages of its texts are made. */
  public RegexAlgebra algebra() {
    return algebra;
  }

  Budget budget() {
    return budget;
  }

  String start() {
    return start;
  }

  Map<String, Expression> rules() {
    return rules;
  }

  List<ByteAutomaton> parts() {
    return parts;
  }

  /** Adds a rule. */
  public void define(String name, Expression expression) {
    if (rules.putIfAbsent(name, expression) != null) {
      throw new GrammarException(
          Code.INVALID, "grammar", name, "the rule \"" + name + "\" is defined twice");
    }
  }

  /** Adds a part that another automaton reads. */
  public Expression part(ByteAutomaton automaton) {
    parts.add(automaton);
    return new Expression.Part(parts.size() - 1);
  }

  /** Exactly {@code text}. */
  public Expression literal(String text) {
    return new Expression.Text(algebra.literal(text));
  }
}
