package ai.kolm.server;

import ai.kolm.server.wire.ModelList;
import ai.kolm.server.wire.ModelObject;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsHandler {
  private final ModelDirectory directory;

  ModelsHandler(ModelDirectory directory) {
    this.directory = directory;
  }

  void list(Exchange exchange, String rest) throws Exception {
    exchange.answer(
        new ModelList(directory.models().all().stream().map(ModelsHandler::object).toList()));
  }

  void get(Exchange exchange, String id) throws Exception {
    exchange.answer(object(directory.model(id)));
  }

  private static ModelObject object(ServedModel model) {
    return new ModelObject(model.id(), model.created());
  }
}
