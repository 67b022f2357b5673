package ai.kolm.server;

import java.util.List;
import java.util.Objects;

/** Models that chat, and those that make vectors beside them. */
final class PairedModels extends ServedModels {
  private final ServedModels chats;
  private final ServedEmbedders embedders;

  PairedModels(ServedModels chats, ServedEmbedders embedders) {
    this.chats = Objects.requireNonNull(chats);
    this.embedders = Objects.requireNonNull(embedders);
  }

  @Override
  ServedEmbedders embedders() {
    return embedders;
  }

  @Override
  public List<ModelEntry> list() {
    return chats.list();
  }

  @Override
  List<ServedModel> loaded() {
    return chats.loaded();
  }

  @Override
  ModelEntry find(String name) throws RefusedException {
    return chats.find(name);
  }

  @Override
  ModelLease lease(String name) throws RefusedException {
    return chats.lease(name);
  }
}
