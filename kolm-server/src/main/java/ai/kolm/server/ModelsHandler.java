package ai.kolm.server;

import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.wire.ModelList;
import ai.kolm.server.wire.ModelObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsHandler {
  private final ModelDirectory directory;

  ModelsHandler(ModelDirectory directory) {
    this.directory = directory;
  }

  void list(Exchange exchange, String rest) throws Exception {
    ServedModels models = directory.models(exchange);
    Map<String, ModelEntry> all = new LinkedHashMap<>(); // one may chat and make vectors
    models.list().forEach(model -> all.put(model.id(), model));
    models.embedders().list().forEach(model -> all.putIfAbsent(model.id(), model));
    exchange.answer(new ModelList(all.values().stream().map(ModelsHandler::object).toList()));
  }

  void get(Exchange exchange, String id) throws Exception {
    ServedModels models = directory.models(exchange);
    Optional<ModelEntry> embedder = models.embedders().entry(id);
    ModelEntry entry = embedder.isPresent() ? embedder.get() : models.find(id);
    entry.cid().ifPresent(cid -> exchange.setHeader(ExchangeReceipt.ARTIFACT_HEADER, cid));
    exchange.answer(object(entry));
  }

  private static ModelObject object(ModelEntry model) {
    return new ModelObject(
        model.id(),
        model.created(),
        model.cid().map(cid -> new ModelObject.Artifact(cid, model.productionReady())));
  }
}
