package ai.kolm.server;

import ai.kolm.receipt.AnswerSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Models that are there all the time. */
final class FixedModels extends ServedModels {
  private final Map<String, ServedModel> byId = new LinkedHashMap<>();

  FixedModels(List<ServedModel> models) {
    for (ServedModel model : models) {
      if (byId.put(model.id(), model) != null) {
        throw new IllegalArgumentException("two models are called " + model.id());
      }
    }
  }

  @Override
  public List<ModelEntry> list() {
    return byId.values().stream().map(FixedModels::entry).toList();
  }

  @Override
  List<ServedModel> loaded() {
    return List.copyOf(byId.values());
  }

  private static ModelEntry entry(ServedModel model) {
    return new ModelEntry(model.id(), model.created(), model.source().flatMap(AnswerSource::cid));
  }

  @Override
  ModelEntry find(String name) throws RefusedException {
    return entry(model(name));
  }

  private ServedModel model(String name) throws RefusedException {
    ModelName wanted = ModelName.of(name);
    ServedModel model = byId.get(name);
    if (model == null) {
      model = byId.get(wanted.full());
    }
    if (model == null) {
      throw RefusedException.noModel(name);
    }
    return model;
  }

  @Override
  ModelLease lease(String name) throws RefusedException {
    ServedModel model = model(name);
    return new ModelLease() {
      @Override
      public ServedModel model() {
        return model;
      }

      @Override
      public void check() {}

      @Override
      public void close() {}
    };
  }
}
