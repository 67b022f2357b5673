package ai.kolm.artifact;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The verification of entries that goes on while a loader uses what is verified already. Chunks are
 * hashed in order on threads of its own; who wants to read bytes waits for theirs first.
 *
 * <pre>{@code
 * try (Verification verification = artifact.startVerification(names, 2)) {
 *   verification.await(artifact.entry(name).asSlice(0, header));
 *   parse(artifact.entry(name).asSlice(0, header));
 *   verification.finish();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads. Close it before the artifact.
 */
public final class Verification implements AutoCloseable {
  private final Container container;
  private final ArtifactVerifier verifier;
  private final ChunkWorkers workers;

  Verification(Container container, ArtifactVerifier verifier, int threads) {
    this.container = container;
    this.verifier = verifier;
    workers = verifier.start(threads, Progress.NONE, false);
  }

  /**
   * Waits until bytes of one entry are verified.
   *
   * @param bytes of {@link Artifact#entry}, or a slice of it
   * @throws ArtifactException if any chunk so far is damaged, these or others
   * @throws IOException if the file cannot be read or the calling thread is interrupted
   * @throws IllegalArgumentException if the bytes belong to no entry that is verified
   */
  public void await(MemorySegment bytes) throws IOException, ArtifactException {
    if (bytes.byteSize() > 0) {
      long offset = container.offset(bytes);
      workers.await(verifier.indexOf(offset), verifier.indexOf(offset + bytes.byteSize() - 1));
    }
  }

  /**
   * Waits until all entries are verified.
   *
   * @throws ArtifactException with the first chunk that is damaged
   * @throws IOException as {@link #await}
   */
  public void finish() throws IOException, ArtifactException {
    workers.finish();
  }

  /** Ends it where it is; nothing reads the file any more after that. */
  @Override
  public void close() {
    workers.stop();
  }
}
