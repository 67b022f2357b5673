package ai.kolm.engine;

/** The request cannot be answered by this model as it is; change the named parameter. */
public final class InvalidRequestException extends EngineException {
  private final String parameter;

  /**
   * @param parameter as the request calls it, such as {@code logit_bias}
   * @param message what was expected and what was found
   */
  public InvalidRequestException(String parameter, String message) {
    super(message);
    this.parameter = parameter;
  }

  /** What to change. */
  public String parameter() {
    return parameter;
  }
}
