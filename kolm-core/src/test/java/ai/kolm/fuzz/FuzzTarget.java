package ai.kolm.fuzz;

import ai.kolm.artifact.ContainerFuzz;
import ai.kolm.artifact.ManifestFuzz;
import ai.kolm.receipt.PlantedFuzz;
import ai.kolm.receipt.ReceiptFuzz;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What is fuzzed, and the inputs that earlier runs found worth keeping. */
enum FuzzTarget {
  CONTAINER("container", ContainerFuzz.class, ContainerFuzz::fuzzerTestOneInput),
  MANIFEST("manifest", ManifestFuzz.class, ManifestFuzz::fuzzerTestOneInput),
  RECEIPT("receipt", ReceiptFuzz.class, ReceiptFuzz::fuzzerTestOneInput),
  PLANTED("planted", PlantedFuzz.class, PlantedFuzz::fuzzerTestOneInput);

  private final String folder;
  private final Class<?> type;
  private final Input input;

  /** One run of a target. */
  interface Input {
    void use(byte[] bytes) throws IOException;
  }

  FuzzTarget(String folder, Class<?> type, Input input) {
    this.folder = folder;
    this.type = type;
    this.input = input;
  }

  /** The class that Jazzer calls. */
  Class<?> type() {
    return type;
  }

  Input input() {
    return input;
  }

  /** The committed inputs. */
  List<Path> corpus() throws IOException {
    try (Stream<Path> files = Files.list(corpusFolder())) {
      return files.sorted().toList();
    }
  }

  /** What a fuzzer starts with. */
  Path seeds() {
    return this == PLANTED ? RECEIPT.corpusFolder() : corpusFolder();
  }

  Path corpusFolder() {
    try {
      URI uri =
          Objects.requireNonNull(FuzzTarget.class.getResource("/fuzz/" + folder), folder).toURI();
      return Path.of(uri);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
