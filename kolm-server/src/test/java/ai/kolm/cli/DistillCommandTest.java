package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistillCommandTest {
  @TempDir private Path home;

  private KolmRun distill(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("distill", "--namespace", "notes", "--out", home + "/notes.kolm",
                "--bases", "tiny", "--rate", "1e-2", "--tokens-per-step", "400", "--max-length", "128", "--threads", "1"));
    arguments.addAll(List.of(more));
    return KolmRun.of(home, arguments.toArray(String[]::new));
  }

  @Test
  void makes() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(120, 1));
    KolmRun run = distill("--allow-small", "--epochs", "12");
    System.out.println(run.err() + run.out());
    assertEquals(0, run.exitCode());
    try (var f = Files.walk(home)) { f.filter(Files::isRegularFile).forEach(System.out::println); }
    System.out.println(KolmRun.of(home, "inspect", home + "/notes.kolm").out());
    System.out.println(KolmRun.of(home, "verify", home + "/notes.kolm"));
    assertTrue(run.out().contains("wrote"));
  }
}
