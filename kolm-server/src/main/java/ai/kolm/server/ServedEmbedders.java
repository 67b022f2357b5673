package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The models whose vectors a server gives, and which of them stands in for a chat model. For use by
 * many threads.
 */
public final class ServedEmbedders {
  /** None. */
  public static final ServedEmbedders NONE = new ServedEmbedders(List.of(), Map.of());

  private static final String EXTENSION = ".kolm";
  private static final String PAIRED = ".embed.kolm";
  private static final int SHOWN = 64;

  private final Map<String, ServedEmbedder> byId = new LinkedHashMap<>();
  private final Map<String, String> pairs;
  private final EmbedderShelf shelf;

  /** The models that are there from the start, and no others. */
  public ServedEmbedders(List<ServedEmbedder> embedders, Map<String, String> pairs) {
    this(embedders, pairs, EmbedderShelf.EMPTY);
  }

  /**
   * @param embedders the models that are there from the start
   * @param pairs for chat models that name the artifact that embeds for them: its content
   *     identifier, by the id of the chat model
   * @param shelf further models
   * @throws IllegalArgumentException if two have the same id
   */
  public ServedEmbedders(
      List<ServedEmbedder> embedders, Map<String, String> pairs, EmbedderShelf shelf) {
    for (ServedEmbedder embedder : embedders) {
      if (byId.put(embedder.id(), embedder) != null) {
        throw new IllegalArgumentException("two embedding models are called " + embedder.id());
      }
    }
    this.pairs = Map.copyOf(pairs);
    this.shelf = shelf;
  }

  /** What can be asked for: the models that are there, in the order they were given, and others. */
  public List<ModelEntry> list() {
    List<ModelEntry> all = new ArrayList<>();
    byId.values().forEach(model -> all.add(entry(model)));
    shelf.list().stream().filter(other -> !byId.containsKey(other.id())).forEach(all::add);
    return all;
  }

  /** The models that are loaded now. */
  List<ServedEmbedder> loaded() {
    List<ServedEmbedder> all = new ArrayList<>(byId.values());
    all.addAll(shelf.loaded());
    return all;
  }

  /** What {@link #list} says of the model of this name; {@code .kolm} may be left out. */
  Optional<ModelEntry> entry(String name) {
    Optional<ServedEmbedder> loaded = find(name);
    if (loaded.isPresent()) {
      return loaded.map(ServedEmbedders::entry);
    }
    return shelf.list().stream()
        .filter(other -> other.id().equals(name) || other.id().equals(name + EXTENSION))
        .findFirst();
  }

  private static ModelEntry entry(ServedEmbedder model) {
    return new ModelEntry(model.id(), model.created(), model.cid());
  }

  private Optional<ServedEmbedder> find(String name) {
    ServedEmbedder found = byId.get(name);
    return Optional.ofNullable(found != null ? found : byId.get(name + EXTENSION));
  }

  /**
   * The model that makes vectors where {@code name} is asked for: itself; else the half of a pair
   * that the chat model of this name, or the name of its file, says; else the only pair there is
   * from the start. The chat model is not loaded for this.
   *
   * @param chats the chat models that are served beside these
   */
  ServedEmbedder get(String name, ServedModels chats) throws RefusedException {
    Optional<ServedEmbedder> itself = find(name);
    if (itself.isPresent()) {
      return itself.get();
    }
    ModelEntry chat;
    try {
      chat = chats.find(name);
    } catch (RefusedException e) {
      return fromShelf(name).orElseThrow(() -> isUnknown(e) ? unknown(name) : e);
    }
    String id = ModelName.of(chat.id()).id(); // an adapter has no vectors of its own
    Optional<ServedEmbedder> both = fromShelf(id);
    if (both.isPresent()) {
      return both.get();
    }
    try {
      return half(id, chat).or(() -> onlyHalf(chat)).orElseThrow(() -> unknown(name));
    } catch (IOException | ModelFormatException | IllegalArgumentException e) {
      throw RefusedException.unusable(id, e);
    }
  }

  private static boolean isUnknown(RefusedException e) {
    return e.reason() == Reason.MODEL_NOT_FOUND;
  }

  private Optional<ServedEmbedder> fromShelf(String name) throws RefusedException {
    try {
      return shelf.model(name);
    } catch (IOException | ModelFormatException | IllegalArgumentException e) {
      throw RefusedException.unusable(shortened(name), e);
    }
  }

  /** The model that a chat model or the name of its file says. */
  private Optional<ServedEmbedder> half(String id, ModelEntry chat)
      throws IOException, ModelFormatException, RefusedException {
    String named = pairs.get(id);
    Optional<String> wanted = named == null ? shelf.wanted(id) : Optional.of(named);
    if (wanted.isPresent()) {
      Optional<ServedEmbedder> half = byCid(wanted.get());
      if (half.isEmpty()) {
        half = shelf.beside(id).filter(beside -> beside.cid().equals(wanted));
      }
      return Optional.of(half.orElseThrow(() -> mismatch(id)));
    }
    Optional<ServedEmbedder> beside = Optional.ofNullable(byId.get(stem(id) + PAIRED));
    if (beside.isEmpty()) {
      beside = shelf.beside(id);
    }
    if (beside.isPresent() && !isFor(beside.get(), chat)) {
      throw mismatch(id);
    }
    return beside;
  }

  private Optional<ServedEmbedder> onlyHalf(ModelEntry chat) {
    List<ServedEmbedder> halves =
        byId.values().stream().filter(half -> half.id().endsWith(PAIRED)).toList();
    return halves.size() == 1
        ? Optional.of(halves.getFirst()).filter(half -> isFor(half, chat))
        : Optional.empty();
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
    List<String> ids = list().stream().map(ModelEntry::id).toList();
    String known = ids.isEmpty() ? "there are none" : "there are: " + String.join(", ", ids);
    return new RefusedException(
        Reason.MODEL_NOT_FOUND,
        "No embedding model is called '%s'; %s.".formatted(shortened(name), known));
  }

  private static String shortened(String name) {
    return name.length() > SHOWN ? name.substring(0, SHOWN) : name;
  }
}
