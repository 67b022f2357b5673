package ai.kolm.artifact;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes two artifacts under one name in turn, and says so each time, until it is killed. */
final class ArtifactWriterProcess {
  private static final int WEIGHT_BYTES = 6 << 20;

  private ArtifactWriterProcess() {}

  /** An artifact of some megabytes, in two versions. */
  static ArtifactContent content(int version) throws Exception {
    byte[] weights = new byte[WEIGHT_BYTES];
    Arrays.fill(weights, (byte) version);
    System.arraycopy(ArtifactVectors.content(ArtifactVectors.WEIGHTS), 0, weights, 0, Long.BYTES);
    Map<String, byte[]> entries =
        Map.of(
            ArtifactVectors.WEIGHTS,
            weights,
            ArtifactVectors.TEMPLATE,
            ArtifactVectors.content(ArtifactVectors.TEMPLATE),
            ArtifactVectors.EVALS,
            ArtifactVectors.content(ArtifactVectors.EVALS));
    List<ContentEntry> all =
        entries.entrySet().stream()
            .map(
                one ->
                    new ContentEntry(
                        one.getKey(),
                        ArtifactWriterTest.role(one.getKey()),
                        EntryData.of(one.getValue())))
            .toList();
    return ArtifactContent.of(ArtifactWriterTest.tinyManifest(), all, 1, Progress.NONE);
  }

  public static void main(String[] args) throws Exception {
    List<ArtifactContent> versions = List.of(content(1), content(2));
    byte[] envelope = ArtifactVectors.text("envelope").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; true; i++) {
      ArtifactWriter.write(
          Path.of(args[0]),
          versions.get(i % 2),
          Map.of(ArtifactVectors.ENVELOPE, envelope),
          Progress.NONE);
      System.out.println(i);
      System.out.flush();
    }
  }
}
