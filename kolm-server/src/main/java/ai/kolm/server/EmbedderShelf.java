package ai.kolm.server;

import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Where {@link ServedEmbedders} finds models that were not there from the start. For use by many
 * threads.
 */
public interface EmbedderShelf {
  /** Nothing. */
  EmbedderShelf EMPTY = new Empty();

  /** What can be asked for, without loading it; what would be refused is left out. */
  List<ModelEntry> list();

  /** The models that are loaded now. */
  List<ServedEmbedder> loaded();

  /**
   * The model called {@code name}; {@code .kolm} may be left out. Loaded now if it was not before,
   * which takes as long as that takes.
   *
   * @return empty if nothing of that name makes vectors
   * @throws ModelFormatException if it is refused
   */
  Optional<ServedEmbedder> model(String name) throws IOException, ModelFormatException;

  /**
   * The content identifier of the artifact that a chat model names as its other half.
   *
   * @param chat its id
   * @throws ModelFormatException if the chat model is refused
   */
  Optional<String> wanted(String chat) throws IOException, ModelFormatException;

  /**
   * The model that lies beside a chat model as its other half, loaded as in {@link #model}.
   *
   * @param chat its id
   * @throws ModelFormatException if it is refused
   */
  Optional<ServedEmbedder> beside(String chat) throws IOException, ModelFormatException;

  /** A shelf with nothing on it. */
  final class Empty implements EmbedderShelf {
    private Empty() {}

    @Override
    public List<ModelEntry> list() {
      return List.of();
    }

    @Override
    public List<ServedEmbedder> loaded() {
      return List.of();
    }

    @Override
    public Optional<ServedEmbedder> model(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<String> wanted(String chat) {
      return Optional.empty();
    }

    @Override
    public Optional<ServedEmbedder> beside(String chat) {
      return Optional.empty();
    }
  }
}
