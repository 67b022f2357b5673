package ai.kolm.engine;

/** Why a request got no answer; one type for each thing a caller can do about it. */
public abstract sealed class EngineException extends RuntimeException
    permits ContextLengthExceededException,
        EngineClosedException,
        GrammarRefusedException,
        InvalidRequestException,
        ModelFailureException,
        OverloadedException {

  EngineException(String message, Throwable cause) {
    super(message, cause);
  }

  EngineException(String message) {
    super(message);
  }
}
