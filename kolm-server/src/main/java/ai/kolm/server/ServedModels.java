package ai.kolm.server;

import java.util.List;

/** The models that a server serves. Safe for use by many threads. */
public abstract sealed class ServedModels permits FixedModels, ModelLibrary, PairedModels {

  ServedModels() {}

  /**
   * These models, which are there all the time and stay the property of who made them.
   *
   * @throws IllegalArgumentException if two have the same id
   */
  public static ServedModels of(ServedModel... models) {
    return of(List.of(models));
  }

  /** As {@link #of(ServedModel...)}. */
  public static ServedModels of(List<ServedModel> models) {
    return new FixedModels(models);
  }

  /** These models, and those that make vectors beside them. */
  public ServedModels withEmbedders(ServedEmbedders embedders) {
    return new PairedModels(this, embedders);
  }

  /** The models that make vectors. */
  ServedEmbedders embedders() {
    return ServedEmbedders.NONE;
  }

  /** What can be asked for; what would be refused is left out. */
  public abstract List<ModelEntry> list();

  /**
   * The models that are loaded now. Without a lease they may be unloaded at any time: only what
   * they say about themselves may be asked, not for an answer.
   */
  abstract List<ServedModel> loaded();

  /**
   * The model of this name, without loading it; {@code .kolm} may be left out.
   *
   * @throws RefusedException if there is none, or it may not be served
   */
  abstract ModelEntry find(String name) throws RefusedException;

  /**
   * The model of this name for as long as the lease is open; loads it if need be.
   *
   * @throws RefusedException if there is none, it may not be served, or not now
   */
  abstract ModelLease lease(String name) throws RefusedException;
}
