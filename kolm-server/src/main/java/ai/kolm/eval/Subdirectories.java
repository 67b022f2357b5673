package ai.kolm.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Directories that are kept side by side in one: of reports, of baselines. */
final class Subdirectories {
  private Subdirectories() {}

  /** Those in a directory, in order; none where it is not there. */
  static List<Path> of(Path directory) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      return children.filter(Files::isDirectory).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
