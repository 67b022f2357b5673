package ai.kolm.server;

/**
 * The right to use a model: as long as it is open, the model is not unloaded. Closing it a second
 * time does nothing. For one thread.
 */
interface ModelLease extends AutoCloseable {
  /** The model. */
  ServedModel model();

  /**
   * Looks whether the files that the model runs on are still what was verified: nothing that it
   * answered may be given out otherwise.
   *
   * @throws RefusedException if somebody wrote to them
   */
  void check() throws RefusedException;

  @Override
  void close();
}
