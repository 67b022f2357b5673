package ai.kolm.server;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that a server serves, by their names. Immutable. */
public final class ServedModels {
  private static final String EXTENSION = ".kolm";

  private final Map<String, ServedModel> byId = new LinkedHashMap<>();

  private ServedModels() {}

  /**
   * These models.
   *
   * @throws IllegalArgumentException if two have the same id
   */
  public static ServedModels of(ServedModel... models) {
    return of(List.of(models));
  }

  /** As {@link #of(ServedModel...)}. */
  public static ServedModels of(List<ServedModel> models) {
    ServedModels served = new ServedModels();
    for (ServedModel model : models) {
      if (served.byId.put(model.id(), model) != null) {
        throw new IllegalArgumentException("two models are called " + model.id());
      }
    }
    return served;
  }

  /** All models, in the order they were given. */
  public List<ServedModel> all() {
    return List.copyOf(byId.values());
  }

  /** The model of this name; {@code .kolm} may be left out. */
  public Optional<ServedModel> find(String name) {
    ServedModel model = byId.get(name);
    return Optional.ofNullable(model != null ? model : byId.get(name + EXTENSION));
  }
}
