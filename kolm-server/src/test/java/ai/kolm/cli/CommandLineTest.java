package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to command lines, before any model is touched. */
class CommandLineTest {
  @TempDir private Path home;

  private void assertEnds(int exitCode, String inMessage, KolmRun run) {
    assertEquals(exitCode, run.exitCode(), run.err());
    assertTrue(run.err().contains(inMessage), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals("", run.out());
  }

  @Test
  void unknownCommandsAndFlagsAreWrongUse() {
    assertEnds(64, "did you mean \"serve\"?", KolmRun.of(home, "serv"));
    assertEnds(64, "did you mean \"--port\"?", KolmRun.of(home, "serve", "--prot", "1"));
    assertEnds(64, "X", KolmRun.of(home, "run"));
    assertEnds(64, "once", KolmRun.of(home, "pack"));
    assertEquals(64, KolmRun.of(home).exitCode());
  }

  @Test
  void valuesAreRefusedByName() {
    assertEnds(1, "--port: expected a port", KolmRun.of(home, "serve", "--port", "99999"));
    assertEnds(
        1,
        "--embedding-bits: encoders compute with 32, 16 or 8 bits",
        KolmRun.of(home, "serve", "--embedding-bits", "12"));
    assertEnds(1, "--threads: expected", KolmRun.of(home, "run", "x", "hi", "--threads", "0"));
    assertEnds(1, "--kernels: expected", KolmRun.of(home, "run", "x", "hi", "--kernels", "cuda"));
    assertEnds(1, "--top", KolmRun.of(home, "score", "x", "--top", "many"));
    assertEnds(1, "--quantize", pack("--quantize", "q9"));
    assertEnds(1, "--name", pack("--name", "Has Spaces"));
  }

  private KolmRun pack(String flag, String value) {
    return KolmRun.of(
        home, "pack", KolmRun.chatModel().toString(), "--license", "MIT", flag, value);
  }

  @Test
  void aModelThatIsNotThereIsNotFound() throws IOException {
    assertEnds(5, "there are none yet", KolmRun.of(home, "run", "smol", "hi"));
    Files.createDirectories(home.resolve("kolm/artifacts"));
    Files.createFile(home.resolve("kolm/artifacts/smollm2.kolm"));
    assertEnds(5, "did you mean \"smollm2\"?", KolmRun.of(home, "run", "smolm2", "hi"));
    assertEnds(5, "no model is at", KolmRun.of(home, "run", "./smollm2.gguf", "hi"));
  }

  @Test
  void aFileThatIsNoModelIsRefused() throws IOException {
    Path file = Files.writeString(home.resolve("x.gguf"), "hello");
    assertEnds(
        1, "expected an artifact, a GGUF file", KolmRun.of(home, "tokenize", file.toString()));
  }

  @Test
  void helpAndVersionGoToTheOutput() {
    KolmRun help = KolmRun.of(home, "--help");
    assertEquals(0, help.exitCode());
    assertTrue(help.out().contains("serve") && help.out().contains("perplexity"), help.out());
    KolmRun version = KolmRun.of(home, "--version");
    assertTrue(version.out().startsWith("kolm "), version.out());
    assertTrue(KolmRun.of(home, "serve", "--help").out().contains("--port"));
    String completion = KolmRun.of(home, "completion").out();
    assertTrue(completion.contains("_complete_kolm"));
    assertEquals(completion, KolmRun.of(home, "completion", "bash").out());
    assertEnds(64, "bash or zsh", KolmRun.of(home, "completion", "fish"));
  }

  @Test
  void configListsKeysWithTheirOrigin() throws IOException {
    Files.createDirectories(home.resolve("kolm"));
    Files.writeString(home.resolve("kolm/config.toml"), "[serve]\nport = 1234\n");
    KolmRun run = KolmRun.of(home, Map.of("KOLM_THREADS", "3"), "", "config", "--json");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().contains("\"serve.port\",\"value\":\"1234\",\"origin\":\"config.toml line 2\""),
        run.out());
    assertTrue(run.out().contains("\"3\",\"origin\":\"environment KOLM_THREADS\""), run.out());
    assertTrue(run.out().contains("\"127.0.0.1\",\"origin\":\"default\""), run.out());
    assertFalse(run.out().contains("\u001b"), "no colours where nobody sits");
  }

  @Test
  void debugShowsWhereAnErrorComesFrom() {
    KolmRun run = KolmRun.of(home, "run", "nothing", "hi", "--debug");
    assertEquals(5, run.exitCode());
    assertTrue(run.err().contains("at ai.kolm.cli/") || run.err().contains("at ai.kolm.cli."));
  }
}
