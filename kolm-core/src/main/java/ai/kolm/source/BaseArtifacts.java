package ai.kolm.source;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.CidReference;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustedArtifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds the artifact that another one refers to by its CID. */
final class BaseArtifacts {
  private static final int MAX_FILES = 10_000;

  private final ArtifactGate gate;
  private final List<Path> directories;

  /**
   * @param gate lets the base in, too
   * @param directories where it may be, nearest first
   */
  BaseArtifacts(ArtifactGate gate, List<Path> directories) {
    this.gate = gate;
    this.directories = List.copyOf(directories);
  }

  /**
   * Opens what {@code reference} names; its entries are not hashed yet.
   *
   * @param file the artifact that refers to it, for messages
   * @throws ArtifactException {@code reference_missing} if it is not there, or as the gate if the
   *     file that bears its name is refused
   */
  TrustedArtifact open(CidReference reference, String file) throws IOException, ArtifactException {
    ArtifactGate pinned = gate.withPin(reference.cid());
    for (Path candidate : candidates(reference)) {
      try {
        return pinned.open(candidate);
      } catch (ArtifactException e) {
        boolean named = reference.file().filter(name -> candidate.endsWith(name)).isPresent();
        if (named && e.code() != Code.CID_MISMATCH) {
          throw e;
        }
      }
    }
    throw new ArtifactException(
        Code.REFERENCE_MISSING,
        file,
        "/model/ref",
        "the artifact with the base model is not here",
        reference.cid().text(),
        "");
  }

  private List<Path> candidates(CidReference reference) throws IOException {
    List<Path> candidates = new ArrayList<>();
    for (Path directory : directories) {
      reference
          .file()
          .map(directory::resolve)
          .filter(Files::isRegularFile)
          .ifPresent(candidates::add);
    }
    for (Path directory : directories) {
      if (Files.isDirectory(directory)) {
        try (Stream<Path> files = Files.list(directory)) {
          files
              .filter(path -> path.toString().endsWith(".kolm") && Files.isRegularFile(path))
              .sorted()
              .limit(MAX_FILES)
              .forEach(candidates::add);
        }
      }
    }
    return candidates;
  }
}
