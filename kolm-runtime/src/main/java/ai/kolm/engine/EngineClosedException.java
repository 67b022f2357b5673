package ai.kolm.engine;

/** The engine was closed before the answer was complete. */
public final class EngineClosedException extends EngineException {
  /** The engine, or what else answers, is closed. */
  public EngineClosedException() {
    super("the engine is closed");
  }
}
