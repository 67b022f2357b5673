package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The models whose vectors a server gives, and which of them stands in for a chat model. Immutable.
 */
public final class ServedEmbedders {
  /** None. */
  public static final ServedEmbedders NONE = new ServedEmbedders(List.of(), Map.of());

  private static final String EXTENSION = ".kolm";
  private static final String PAIRED = ".embed.kolm";
  private static final int SHOWN = 64;

  private final Map<String, ServedEmbedder> byId = new LinkedHashMap<>();
  private final Map<String, String> pairs;

  /**
   * @param embedders the models
   * @param pairs for chat models that name the artifact that embeds for them: its content
   *     identifier, by the id of the chat model
   * @throws IllegalArgumentException if two have the same id
   */
  public ServedEmbedders(List<ServedEmbedder> embedders, Map<String, String> pairs) {
    for (ServedEmbedder embedder : embedders) {
      if (byId.put(embedder.id(), embedder) != null) {
        throw new IllegalArgumentException("two embedding models are called " + embedder.id());
      }
    }
    this.pairs = Map.copyOf(pairs);
  }

  /** All models, in the order they were given. */
  public List<ServedEmbedder> all() {
    return List.copyOf(byId.values());
  }

  /** The model of this name itself; {@code .kolm} may be left out. */
  Optional<ServedEmbedder> find(String name) {
    ServedEmbedder found = byId.get(name);
    return Optional.ofNullable(found != null ? found : byId.get(name + EXTENSION));
  }

  /**
   * The model that makes vectors where {@code name} is asked for: itself; else the half of a pair
   * that the chat model of this name, or the name of its file, says; else the only pair there is.
   * The chat model is not loaded for this.
   *
   * @param chats the chat models that are served beside these
   */
  ServedEmbedder get(String name, ServedModels chats) throws RefusedException {
    Optional<ServedEmbedder> itself = find(name);
    if (itself.isPresent()) {
      return itself.get();
    }
    ModelEntry chat = chat(name, chats);
    String id = ModelName.of(chat.id()).id(); // an adapter has no vectors of its own
    String wanted = pairs.get(id);
    if (wanted != null) {
      return byCid(wanted).orElseThrow(() -> mismatch(id));
    }
    Optional<ServedEmbedder> beside = Optional.ofNullable(byId.get(stem(id) + PAIRED));
    if (beside.isPresent()) {
      return beside.filter(half -> isFor(half, chat)).orElseThrow(() -> mismatch(name));
    }
    List<ServedEmbedder> halves =
        byId.values().stream().filter(half -> half.id().endsWith(PAIRED)).toList();
    if (halves.size() == 1 && isFor(halves.getFirst(), chat)) {
      return halves.getFirst();
    }
    throw unknown(name);
  }

  private ModelEntry chat(String name, ServedModels chats) throws RefusedException {
    try {
      return chats.find(name);
    } catch (RefusedException e) {
      throw e.reason() == Reason.MODEL_NOT_FOUND ? unknown(name) : e;
    }
  }

  private Optional<ServedEmbedder> byCid(String cid) {
    return byId.values().stream().filter(e -> e.cid().filter(cid::equals).isPresent()).findFirst();
  }

  private static boolean isFor(ServedEmbedder half, ModelEntry chat) {
    return half.embedsFor().isEmpty() || half.embedsFor().equals(chat.cid());
  }

  private static String stem(String id) {
    return id.endsWith(EXTENSION) ? id.substring(0, id.length() - EXTENSION.length()) : id;
  }

  private static RefusedException mismatch(String name) {
    return new RefusedException(
        Reason.EMBEDDING_PAIR_MISMATCH,
        "The artifact that embeds for '%s' is not the one that is named in it."
            .formatted(shortened(name)));
  }

  private RefusedException unknown(String name) {
    String known =
        byId.isEmpty() ? "there are none" : "there are: " + String.join(", ", byId.keySet());
    return new RefusedException(
        Reason.MODEL_NOT_FOUND,
        "No embedding model is called '%s'; %s.".formatted(shortened(name), known));
  }

  private static String shortened(String name) {
    return name.length() > SHOWN ? name.substring(0, SHOWN) : name;
  }
}
