package ai.kolm.engine;

import ai.kolm.grammar.GrammarException;

/**
 * What the answer must look like cannot be enforced, or takes more than is granted for it. Either
 * before anything was generated, or, where a budget runs out, in the middle of an answer, which
 * then ends: it never goes on without its grammar. Make the grammar simpler.
 */
public final class GrammarRefusedException extends EngineException {
  private final String parameter;
  private final GrammarException reason;

  /**
   * @param parameter as the request calls the grammar, such as {@code response_format}
   * @param message what is refused
   * @param reason says which part of the grammar it is
   */
  public GrammarRefusedException(String parameter, String message, GrammarException reason) {
    super(message, reason);
    this.parameter = parameter;
    this.reason = reason;
  }

  /** What to change. */
  public String parameter() {
    return parameter;
  }

  /** Which part of the grammar it is, and why. */
  public GrammarException reason() {
    return reason;
  }
}
