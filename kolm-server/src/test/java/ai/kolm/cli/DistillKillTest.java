package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kolm distill} in processes that are killed at random: the artifact is not there until it
 * is complete, and then it is that of a run that nobody killed. {@code kolm.distill.kills} says how
 * many times, default 20.
 */
@Tag("nightly")
class DistillKillTest {
  private static final int KILLS = Integer.getInteger("kolm.distill.kills", 20);
  private static final int LONGEST_MILLIS = 12_000;

  @TempDir private Path home;

  private Process start() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "ai.kolm.cli.Main"));
    command.addAll(
        List.of(
            "distill",
            "--namespace",
            "notes",
            "--bases",
            "tiny",
            "--out",
            artifact().toString(),
            "--rate",
            "1e-3",
            "--tokens-per-step",
            "60",
            "--max-length",
            "128",
            "--epochs",
            "6",
            "--allow-small",
            "--threads",
            "1"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", home.toString(),
                "KOLM_HOME", home.resolve("kolm").toString(),
                "SOURCE_DATE_EPOCH", "1700000000"));
    return builder
        .redirectErrorStream(true)
        .redirectOutput(home.resolve("out.txt").toFile())
        .start();
  }

  private Path artifact() {
    return home.resolve("notes.kolm");
  }

  private void end(Process process) throws Exception {
    assertTrue(process.waitFor(10, TimeUnit.MINUTES), "it does not end");
    assertEquals(0, process.exitValue(), Files.readString(home.resolve("out.txt")));
  }

  @Test
  void whoeverIsKilledEndsWithTheSameArtifact() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(120, 1));
    end(start());
    byte[] whole = Files.readAllBytes(artifact());
    Random random = new Random(8);
    int kills = 0;
    while (kills < KILLS) {
      forget();
      boolean ended = false;
      while (!ended && kills < KILLS) {
        Process process = start();
        ended = process.waitFor(500 + random.nextInt(LONGEST_MILLIS), TimeUnit.MILLISECONDS);
        if (!ended) {
          process.destroyForcibly().waitFor();
          kills++;
          assertFalse(
              Files.exists(artifact()) && Files.size(artifact()) != whole.length,
              "half an artifact");
        }
      }
      end(start());
      assertArrayEquals(whole, Files.readAllBytes(artifact()), "after " + kills + " kills");
    }
  }

  /** Begins again, with the same captures. */
  private void forget() throws IOException {
    Files.deleteIfExists(artifact());
    try (Stream<Path> files = Files.walk(home.resolve("kolm/runs"))) {
      for (Path file : files.toList().reversed()) {
        Files.delete(file);
      }
    }
  }
}
