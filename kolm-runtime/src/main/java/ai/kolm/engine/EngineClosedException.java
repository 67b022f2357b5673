package ai.kolm.engine;

/** The engine was closed before the answer was complete. */
public final class EngineClosedException extends EngineException {
  EngineClosedException() {
    super("the engine is closed");
  }
}
