package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.CaptureStore.Protection;
import ai.kolm.journal.Journal.Durability;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The question for a passphrase, at a pseudo terminal that {@code script} of util-linux makes. The
 * output of the command goes to a file, and the locale has no letters beyond ASCII.
 */
class PassphrasePromptTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");
  private static final String PASSPHRASE = "correct hörse";

  @TempDir private Path home;

  /**
   * A command at a terminal.
   *
   * @param exitCode how it ended
   * @param shown what the terminal showed
   * @param out what went to the file
   */
  private record AtTerminal(int exitCode, String shown, String out) {}

  @BeforeEach
  void encryptedCaptures() throws Exception {
    boolean linux = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");
    assumeTrue(linux && Files.isExecutable(SCRIPT), "no script of util-linux");
    CaptureHome kept = new CaptureHome(home.resolve("kolm"), (_, _) -> PASSPHRASE.toCharArray());
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, Protection.PASSPHRASE, 30);
    try (CaptureStore store = new CaptureStore(kept, options)) {
      store.open("notes");
    }
  }

  private AtTerminal stats(String typed) throws Exception {
    Path out = home.resolve("out.txt");
    String command =
        "'%s' --enable-native-access=ALL-UNNAMED -Dkolm.terminals=ie -cp '%s' ai.kolm.cli.Main captures stats > '%s'"
            .formatted(
                ProcessHandle.current().info().command().orElseThrow(),
                System.getProperty("java.class.path"),
                out);
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(SCRIPT.toString(), "-q", "-e", "-c", command, home + "/typescript"));
    builder
        .environment()
        .putAll(
            Map.of("HOME", home.toString(), "KOLM_HOME", home.resolve("kolm") + "", "LC_ALL", "C"));
    Process process = builder.redirectErrorStream(true).start();
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    try (InputStream terminal = process.getInputStream();
        OutputStream keys = process.getOutputStream()) {
      int next = terminal.read();
      while (next >= 0) {
        shown.write(next);
        if (shown.toString(UTF_8).endsWith("passphrase of namespace notes: ")) {
          keys.write((typed + "\n").getBytes(UTF_8));
          keys.flush();
        }
        next = terminal.read();
      }
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it does not end");
    return new AtTerminal(process.exitValue(), shown.toString(UTF_8), Files.readString(out));
  }

  @Test
  void whatIsTypedOpensTheNamespaceAndIsNotShown() throws Exception {
    AtTerminal run = stats(PASSPHRASE);
    assertEquals(0, run.exitCode(), run.shown());
    assertTrue(run.out().startsWith("notes  0 records"), run.out());
    assertTrue(run.shown().contains("passphrase of namespace notes: "), run.shown());
    assertFalse(run.shown().contains("correct"), run.shown());
  }

  @Test
  void lettersBeyondAsciiCount() throws Exception {
    AtTerminal run = stats("correct härse");
    assertEquals(3, run.exitCode(), run.shown());
    assertTrue(run.shown().contains("not the passphrase of namespace \"notes\""), run.shown());
    assertFalse(run.shown().contains("correct"), run.shown());
  }
}
