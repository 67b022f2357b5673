package ai.kolm.engine;

/** The model, or a part around it, failed while answering; the request is not to blame. */
public final class ModelFailureException extends EngineException {
  ModelFailureException(String message, Throwable cause) {
    super(message + ": " + cause, cause);
  }
}
