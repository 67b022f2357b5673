package ai.kolm.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A file as an artifact. Whatever it is, it is refused with a typed exception, or it is the one
 * file that the format has for its content: written again, it is the same byte for byte.
 */
public final class ContainerFuzz {
  private static final Path FOLDER = folder();

  private ContainerFuzz() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Path file = FOLDER.resolve("input.kolm");
    Files.write(file, input);
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      artifact.verify(1, Progress.NONE);
      Path again = FOLDER.resolve("again.kolm");
      Map<String, byte[]> attestations = new HashMap<>();
      for (Map.Entry<String, MemorySegment> one : artifact.attestations().entrySet()) {
        attestations.put(one.getKey(), one.getValue().toArray(ValueLayout.JAVA_BYTE));
      }
      ArtifactWriter.write(again, ArtifactContent.of(artifact), attestations, Progress.NONE);
      if (!Arrays.equals(input, Files.readAllBytes(again))) {
        throw new AssertionError("accepted, but not as the format writes it");
      }
    } catch (ArtifactException e) {
      if (e.getMessage() == null || e.code().id().isEmpty()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }

  /** In memory where the system has such a place: a run is a hundred thousand files. */
  private static Path folder() {
    try {
      Path memory = Path.of("/dev/shm");
      Path folder =
          Files.isWritable(memory)
              ? Files.createTempDirectory(memory, "kolm-fuzz")
              : Files.createTempDirectory("kolm-fuzz");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try {
      Files.deleteIfExists(folder.resolve("input.kolm"));
      Files.deleteIfExists(folder.resolve("again.kolm"));
      Files.delete(folder);
    } catch (IOException e) {
      System.err.println("left behind: " + e.getMessage());
    }
  }
}
