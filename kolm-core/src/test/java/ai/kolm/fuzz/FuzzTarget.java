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
  CONTAINER("container", ContainerFuzz.class),
  MANIFEST("manifest", ManifestFuzz.class),
  RECEIPT("receipt", ReceiptFuzz.class),
  PLANTED("planted", PlantedFuzz.class);

  private final String folder;
  private final Class<?> type;

  FuzzTarget(String folder, Class<?> type) {
    this.folder = folder;
    this.type = type;
  }

  /** The class that Jazzer calls. */
  Class<?> type() {
    return type;
  }

  /** One run. */
  void use(byte[] input) throws IOException {
    switch (this) {
      case CONTAINER -> ContainerFuzz.fuzzerTestOneInput(input);
      case MANIFEST -> ManifestFuzz.fuzzerTestOneInput(input);
      case RECEIPT -> ReceiptFuzz.fuzzerTestOneInput(input);
      case PLANTED -> PlantedFuzz.fuzzerTestOneInput(input);
    }
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
