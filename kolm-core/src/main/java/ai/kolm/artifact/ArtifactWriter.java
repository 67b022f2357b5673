package ai.kolm.artifact;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes artifacts so that under the final name there is never half a file: a temporary file in the
 * same directory is written, forced to the disk and renamed, and the directory is forced. Whatever
 * goes wrong, the temporary file is removed and a file that had the name before is as it was; what
 * a killed process left is removed when the artifact is written again.
 *
 * <p>Data is read a megabyte at a time; no entry need be in memory as a whole.
 */
public final class ArtifactWriter {
  private final Disk disk;

  /** The operations that can fail, for tests that let them. */
  interface Disk {
    /** Creates a file that does not exist yet, to read and write, and locks it where it can be. */
    SeekableByteChannel create(Path file) throws IOException;

    /** Forces what was written to the disk. */
    void force(SeekableByteChannel channel) throws IOException;

    /** Renames, replacing what has the name. */
    void rename(Path from, Path to) throws IOException;

    /** Forces the names in a directory to the disk. */
    void forceDirectory(Path directory) throws IOException;
  }

  ArtifactWriter(Disk disk) {
    this.disk = disk;
  }

  /**
   * Writes an artifact without attestations, as {@link #write(Path, ArtifactContent, Map,
   * Progress)}.
   */
  public static void write(Path target, ArtifactContent content, Progress progress)
      throws IOException {
    write(target, content, Map.of(), progress);
  }

  /**
   * Writes an artifact.
   *
   * @param target its name; a file of this name is replaced
   * @param attestations the statements about it by entry name, {@code attest/...}
   * @param progress is told the bytes written
   * @throws IOException if the file cannot be written, or data has changed since it was hashed
   * @throws IllegalArgumentException if an attestation has another name than the format knows, or
   *     is too large
   */
  public static void write(
      Path target, ArtifactContent content, Map<String, byte[]> attestations, Progress progress)
      throws IOException {
    new ArtifactWriter(new RealDisk()).writeTo(target, content, attestations, progress);
  }

  void writeTo(
      Path target, ArtifactContent content, Map<String, byte[]> attestations, Progress progress)
      throws IOException {
    attestations.forEach(ArtifactWriter::checkAttestation);
    Path absolute = target.toAbsolutePath();
    Leftovers.remove(absolute);
    Path temporary = Leftovers.temporary(absolute);
    try {
      try (SeekableByteChannel channel = disk.create(temporary)) {
        ContainerWriter.write(channel, content.parts(attestations), progress);
        // A force that failed must not be tried again: the next one would report success.
        disk.force(channel);
      }
      disk.rename(temporary, absolute);
    } catch (IOException | RuntimeException | Error e) {
      remove(temporary, e);
      throw e;
    }
    Path directory = absolute.getParent();
    if (directory != null) {
      disk.forceDirectory(directory);
    }
  }

  private static void checkAttestation(String name, byte[] bytes) {
    Integer most = Artifact.ATTESTATIONS.get(name);
    if (most == null || bytes.length > most) {
      throw new IllegalArgumentException(
          "attestation %s of %d bytes: expected one of %s"
              .formatted(name, bytes.length, Artifact.ATTESTATIONS));
    }
  }

  private static void remove(Path temporary, Throwable because) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }
}
