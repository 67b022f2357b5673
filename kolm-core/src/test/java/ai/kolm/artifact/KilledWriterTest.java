package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed while it writes leaves the old artifact, the new one, or none. */
class KilledWriterTest {
  @TempDir private Path folder;

  @Test
  void killedAtSomePoints() throws Exception {
    kill(4);
  }

  @Test
  @Tag("nightly")
  void killedAtManyPoints() throws Exception {
    kill(200);
  }

  private void kill(int points) throws Exception {
    Random random = new Random(points);
    Set<Cid> whole =
        Set.of(ArtifactWriterProcess.content(1).cid(), ArtifactWriterProcess.content(2).cid());
    assertEquals(2, whole.size());
    int absent = 0;
    int left = 0;
    for (int point = 0; point < points; point++) {
      // Every third start finds no artifact.
      Path file = Files.createDirectories(folder.resolve("" + point / 3)).resolve("a.kolm");
      boolean acknowledged = runAndKill(file, 1 + random.nextInt(60));
      if (!Files.exists(file)) {
        assertTrue(!acknowledged, "an artifact that was written is lost");
        absent++;
      } else {
        try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
          artifact.verify(1, Progress.NONE);
          assertTrue(whole.contains(artifact.cid()), "kill " + point);
        }
      }
      try (var files = Files.list(file.getParent())) {
        left += (int) files.filter(one -> !one.equals(file)).count();
      }
    }
    tidyUp(points);
    System.out.printf(
        "pack: killed %d times, %d times nothing was there yet, %d temporary files left and removed%n",
        points, absent, left);
  }

  /** A minute later the next writer of each name removes what the killed ones left. */
  private void tidyUp(int points) throws Exception {
    FileTime hourAgo = FileTime.from(Instant.now().minusSeconds(3600));
    for (int i = 0; i <= (points - 1) / 3; i++) {
      Path file = folder.resolve("" + i).resolve("a.kolm");
      try (var files = Files.list(file.getParent())) {
        for (Path one : files.toList()) {
          Files.setLastModifiedTime(one, hourAgo);
        }
      }
      ArtifactWriter.write(file, ArtifactWriterProcess.content(1), Progress.NONE);
      try (var files = Files.list(file.getParent())) {
        assertEquals(List.of(file), files.toList());
      }
    }
  }

  /** Whether the child said that it had written an artifact, before it was killed. */
  private static boolean runAndKill(Path file, int millis) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ArtifactWriterProcess.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    boolean acknowledged = false;
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), US_ASCII))) {
      // The first half of the points is within the first write, the second in those that follow.
      if (millis % 2 == 0) {
        acknowledged = out.readLine() != null;
      } else {
        while (!hasTemporary(file) && child.isAlive() && !Files.exists(file)) {
          Thread.onSpinWait();
        }
      }
      Thread.sleep(millis);
      child.toHandle().destroyForcibly();
      while (out.readLine() != null) {
        acknowledged = true;
      }
    } catch (IOException e) {
      // The pipe of a killed process may break instead of ending.
    }
    child.waitFor();
    return acknowledged;
  }

  private static boolean hasTemporary(Path file) throws IOException {
    try (var files = Files.list(file.getParent())) {
      return files.anyMatch(one -> !one.equals(file));
    }
  }
}
