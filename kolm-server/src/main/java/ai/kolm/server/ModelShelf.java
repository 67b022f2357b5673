package ai.kolm.server;

import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where a {@link ModelLibrary} finds models, and how it opens them. For use by many threads. */
public interface ModelShelf {

  /**
   * The files there are now; a model's id is the name of its file, and the first of a name wins.
   */
  List<Path> files() throws IOException;

  /**
   * Looks at a model without loading it.
   *
   * @return its entry, then one for each adapter
   * @throws ModelFormatException if it would be refused
   */
  List<ModelEntry> describe(Path file) throws IOException, ModelFormatException;

  /**
   * Loads a model; takes as long as that takes.
   *
   * @param bytes the memory there is for it
   * @throws ModelFormatException if it is refused: with an {@code ArtifactException} as its cause,
   *     if it is an artifact that the gate does not let in
   */
  OpenModel open(Path file, long bytes) throws IOException, ModelFormatException;
}
