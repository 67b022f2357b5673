package ai.kolm.grammar.cfg;

import java.util.List;

/** The right-hand side of a rule of a context-free grammar. */
public sealed interface Expression {
  /**
   * A text of a language.
   *
   * @param language of the {@link ai.kolm.grammar.regex.RegexAlgebra} of the grammar
   */
  record Text(int language) implements Expression {}

  /**
   * What another automaton reads.
   *
   * @param part its number among the parts of the grammar
   */
  record Part(int part) implements Expression {}

  /** What a rule derives. */
  record Rule(String name) implements Expression {}

  /** One after the other; nothing at all if empty. */
  record Sequence(List<Expression> items) implements Expression {
    /** Copies the items. */
    public Sequence {
      items = List.copyOf(items);
    }
  }

  /** One of several. */
  record Choice(List<Expression> options) implements Expression {
    /** Copies the options. */
    public Choice {
      options = List.copyOf(options);
    }
  }

  /** Again and again; {@code max} may be {@link ai.kolm.grammar.regex.RegexAlgebra#UNBOUNDED}. */
  record Repeat(Expression inner, int min, int max) implements Expression {}

  /** The items one after the other. */
  static Expression sequence(Expression... items) {
    return new Sequence(List.of(items));
  }

  /** One of the options. */
  static Expression choice(Expression... options) {
    return new Choice(List.of(options));
  }
}
