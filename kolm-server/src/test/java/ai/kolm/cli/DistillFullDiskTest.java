package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.server.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A distill run on a disk that is full from some byte on, for many such bytes: it ends with one
 * line and without an artifact, and when there is space again it ends with the same artifact as a
 * run that nothing disturbed.
 */
@Tag("nightly")
class DistillFullDiskTest {
  private static final int POINTS = 12;

  private static KolmRun distill(Path home) {
    return KolmRun.of(
        home,
        Map.of("SOURCE_DATE_EPOCH", "1700000000"),
        "",
        "distill",
        "--namespace",
        "notes",
        "--bases",
        "tiny",
        "--out",
        artifact(home).toString(),
        "--rate",
        "1e-2",
        "--tokens-per-step",
        "300",
        "--max-length",
        "128",
        "--epochs",
        "2",
        "--allow-small",
        "--threads",
        "1");
  }

  private static Path artifact(Path home) {
    return home.resolve("notes.kolm");
  }

  private static void forget(Path home) throws IOException {
    Files.deleteIfExists(artifact(home));
    SmallDisk.delete(home.resolve("kolm/runs"));
    SmallDisk.delete(home.resolve("kolm/datasets"));
  }

  private static long size(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }

  @Test
  void whatWasFullGoesOnToTheSameArtifact() throws Exception {
    SmallDisk disk = SmallDisk.find();
    Path home = disk.root();
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(60, 1));
    long before = size(home);
    assertEquals(0, distill(home).exitCode());
    byte[] whole = Files.readAllBytes(artifact(home));
    int pages = (int) ((size(home) - before) / SmallDisk.PAGE);
    int full = 0;
    for (int point = 0; point <= POINTS; point++) {
      forget(home);
      disk.fill(point * pages / POINTS);
      KolmRun run = distill(home);
      if (run.exitCode() != 0) {
        full++;
        assertTrue(run.exitCode() == 3 || run.exitCode() == 4, run.err());
        String last = run.err().lines().toList().getLast();
        assertTrue(last.startsWith("kolm: no space left in " + home), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
        assertFalse(Files.exists(artifact(home)), "there is an artifact");
      }
      disk.free();
      KolmRun again = distill(home);
      assertEquals(0, again.exitCode(), again.err());
      assertArrayEquals(whole, Files.readAllBytes(artifact(home)), "point " + point);
    }
    assertTrue(full > POINTS / 2, "full at %d points".formatted(full));
    System.getLogger("ai.kolm.distill").log(System.Logger.Level.INFO, "full at {0} points", full);
    disk.clear();
  }
}
