package ai.kolm.source;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Verification;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The artifacts that a model is made of, and their verification, which may be under way. */
final class OpenArtifacts implements AutoCloseable {
  private final String id;
  private final List<Artifact> artifacts = new ArrayList<>();
  private final List<Verification> verifications = new ArrayList<>();

  /**
   * @param id the model, for messages
   */
  OpenArtifacts(String id) {
    this.id = id;
  }

  /** Closes {@code artifact} with this. */
  void add(Artifact artifact) {
    artifacts.add(artifact);
  }

  /** Begins to verify entries of an artifact that was added, in this order. */
  Verification verify(Artifact artifact, List<String> names) {
    Verification verification =
        artifact.startVerification(names, Runtime.getRuntime().availableProcessors());
    verifications.add(verification);
    return verification;
  }

  /** Waits until these bytes are verified, for a reader that knows no artifacts. */
  void await(Verification verification, MemorySegment bytes) throws ModelFormatException {
    try {
      verification.await(bytes);
    } catch (IOException | ArtifactException e) {
      throw refusal(e);
    }
  }

  /**
   * Waits until everything is verified.
   *
   * @throws ModelFormatException if something is damaged or cannot be read
   */
  void finish() throws ModelFormatException {
    try {
      for (Verification verification : verifications) {
        verification.finish();
      }
    } catch (IOException | ArtifactException e) {
      throw refusal(e);
    }
  }

  private ModelFormatException refusal(Exception e) {
    return switch (e) {
      case InterruptedIOException _ ->
          new ModelFormatException(id, "interrupted while it was verified");
      case IOException _ -> new ModelFormatException(id, "cannot be read: " + e.getMessage());
      default -> new ModelFormatException(id, e);
    };
  }

  List<Path> files() {
    return artifacts.stream().map(Artifact::file).toList();
  }

  @Override
  public void close() {
    verifications.forEach(Verification::close);
    artifacts.forEach(Artifact::close);
  }
}
