package ai.kolm.server;

import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.wire.ModelList;
import ai.kolm.server.wire.ModelObject;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsHandler {
  private final ModelDirectory directory;

  ModelsHandler(ModelDirectory directory) {
    this.directory = directory;
  }

  void list(Exchange exchange, String rest) throws Exception {
    ServedModels models = directory.models();
    exchange.answer(
        new ModelList(
            Stream.concat(
                    models.list().stream().map(ModelsHandler::object),
                    models.embedders().all().stream().map(ModelsHandler::object))
                .toList()));
  }

  void get(Exchange exchange, String id) throws Exception {
    ServedModels models = directory.models();
    Optional<ServedEmbedder> embedder = models.embedders().find(id);
    if (embedder.isPresent()) {
      name(exchange, embedder.get().cid());
      exchange.answer(object(embedder.get()));
    } else {
      ModelEntry entry = models.find(id);
      name(exchange, entry.cid());
      exchange.answer(object(entry));
    }
  }

  private static void name(Exchange exchange, Optional<String> artifact) {
    artifact.ifPresent(cid -> exchange.setHeader(ExchangeReceipt.ARTIFACT_HEADER, cid));
  }

  private static ModelObject object(ModelEntry model) {
    return new ModelObject(
        model.id(),
        model.created(),
        model.cid().map(cid -> new ModelObject.Artifact(cid, model.productionReady())));
  }

  private static ModelObject object(ServedEmbedder model) {
    return new ModelObject(model.id(), model.created(), Optional.empty());
  }
}
