package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.kolm.reference.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts of {@code examples/verify-receipt}, with the JOSE libraries of Python and Node, on
 * receipts of a real server. The libraries are installed once, by pip and npm, under {@code
 * ~/.kolm/cache}; where there is no Python or Node, or no way to a registry, a test is skipped.
 */
class ForeignVerifiersTest {
  private static final Path SCRIPTS =
      ReferenceData.projectRoot().resolve("examples/verify-receipt");
  private static final int MINUTES = 3;

  @TempDir private Path folder;

  /** A command's exit code and what it said. */
  private record Run(int exitCode, String said) {}

  @Test
  void jwcrypto() throws Exception {
    Path place = place("python");
    Path python = place.resolve("bin/python");
    install(
        place,
        List.of("python3", "-m", "venv", place.toString()),
        List.of(python.toString(), "-m", "pip", "install", "--quiet", "jwcrypto==1.6.1"));
    verify(List.of(python.toString(), SCRIPTS.resolve("verify.py").toString()));
  }

  @Test
  void jose() throws Exception {
    Path place = place("node");
    install(
        place,
        List.of("node", "--version"),
        List.of("npm", "install", "--silent", "--prefix", place.toString(), "jose@6.2.18"));
    // A module finds its dependencies beside itself.
    Path script = place.resolve("verify.mjs");
    Files.copy(SCRIPTS.resolve("verify.mjs"), script, StandardCopyOption.REPLACE_EXISTING);
    verify(List.of("node", script.toString()));
  }

  private static Path place(String name) throws IOException {
    String home =
        System.getenv().getOrDefault("KOLM_HOME", System.getProperty("user.home") + "/.kolm");
    return Files.createDirectories(Path.of(home).resolve("cache/receipt-verifiers").resolve(name));
  }

  /** Runs commands, unless they did their work on an earlier day. */
  @SafeVarargs
  private static void install(Path place, List<String>... commands) throws Exception {
    Path done = place.resolve("installed");
    if (Files.exists(done)) {
      return;
    }
    for (List<String> command : commands) {
      Run run = run(command);
      assumeTrue(run.exitCode == 0, () -> command + ": " + run.said);
    }
    Files.createFile(done);
  }

  /** A plain answer, an error, and both receipts of a stream; then what must not pass. */
  private void verify(List<String> script) throws Exception {
    try (TestServer server = new TestServer()) {
      Path keys = folder.resolve("keys.json");
      Files.writeString(
          keys, RawClient.exchange(server.port(), RawClient.get("/v1/receipts/keys")).body());
      RawClient.Answer plain = server.chat(TestServer.hello(",\"max_tokens\":5"));
      RawClient.Answer refused = server.chat("{}");
      for (RawClient.Answer answer : List.of(plain, refused)) {
        accepted(run(script, answer.header("x-kolm-receipt"), keys, answer.body()));
      }
      RawClient.Answer stream = server.chat(TestServer.hello(",\"max_tokens\":5,\"stream\":true"));
      String comment =
          stream
              .body()
              .lines()
              .filter(line -> line.startsWith(": kolm-receipt "))
              .findFirst()
              .orElseThrow();
      accepted(run(script, stream.header("x-kolm-receipt"), keys, ""));
      accepted(run(script, comment.substring(": kolm-receipt ".length()), keys, ""));
      String receipt = plain.header("x-kolm-receipt");
      Run changed = run(script, receipt, keys, plain.body() + " ");
      assertNotEquals(0, changed.exitCode, changed.said);
      assertTrue(changed.said.contains("another response"), changed.said);
      int middle = receipt.length() / 2;
      char other = receipt.charAt(middle) == 'A' ? 'B' : 'A';
      String forged = receipt.substring(0, middle) + other + receipt.substring(middle + 1);
      assertNotEquals(0, run(script, forged, keys, "").exitCode);
    }
  }

  private static void accepted(Run run) {
    assertEquals(0, run.exitCode, run.said);
    assertTrue(run.said.startsWith("OK rcpt_"), run.said);
  }

  private Run run(List<String> script, String receipt, Path keys, String response)
      throws Exception {
    Path receiptFile = Files.writeString(folder.resolve("receipt.jws"), receipt);
    List<String> command = new ArrayList<>(script);
    command.addAll(List.of(receiptFile.toString(), keys.toString()));
    if (!response.isEmpty()) {
      command.add(Files.writeString(folder.resolve("response"), response).toString());
    }
    return run(command);
  }

  private static Run run(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return new Run(-1, String.valueOf(e.getMessage()));
    }
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      return new Run(-1, "not done within " + MINUTES + " minutes");
    }
    return new Run(process.exitValue(), said);
  }
}
