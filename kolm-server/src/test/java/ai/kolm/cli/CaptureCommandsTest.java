package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.capture.CaptureConfig;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureRecorder;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.CaptureStore.Protection;
import ai.kolm.capture.CaptureTags;
import ai.kolm.capture.CapturedExchange;
import ai.kolm.journal.Journal.Durability;
import ai.kolm.server.ScriptedProvider;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kolm captures}, {@code anonymize}, {@code capture} and {@code eval}: results and refusals.
 */
class CaptureCommandsTest {
  @TempDir private Path home;

  private KolmRun run(String... arguments) {
    return KolmRun.of(home, arguments);
  }

  private static String ok(KolmRun run) {
    assertEquals(0, run.exitCode(), run.err());
    return run.out();
  }

  private static void refused(int exitCode, String words, KolmRun run) {
    assertEquals(exitCode, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(words), run.err());
  }

  /** Records made by the code that a server uses. */
  private List<String> record(boolean encrypt, int count) throws Exception {
    List<String> ids = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(count);
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, encrypt ? Protection.KEY : Protection.NONE, 30);
    try (CaptureStore store = new CaptureStore(new CaptureHome(home.resolve("kolm")), options);
        CaptureRecorder recorder =
            new CaptureRecorder(
                CaptureConfig.of(new CaptureTags("notes", "notes")), store, new Anonymizer())) {
      for (int i = 0; i < count; i++) {
        CapturedExchange exchange =
            recorder.begin(recorder.config().tags(), "openai", "/chat/completions", "rcpt_x");
        byte[] ask =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Patient John Doe, MRN 884%d\"}]}"
                .formatted(i)
                .getBytes(UTF_8);
        exchange.requestBytes(ask, 0, ask.length);
        exchange.head(200, "application/json", null);
        exchange.responseBytes(
            ByteBuffer.wrap(
                "{\"model\":\"m-1\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}"
                    .getBytes(UTF_8)));
        exchange.end(CapturedExchange.End.COMPLETE);
        ids.add(exchange.id());
        recorder.offer(exchange, (_, _) -> done.countDown());
      }
      done.await();
    }
    return ids;
  }

  private boolean anyFileHas(String text) throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void recordsAreCountedListedShownExportedAndDeleted() throws Exception {
    List<String> ids = record(false, 3);
    String stats = ok(run("captures", "stats"));
    assertTrue(stats.startsWith("notes  3 records") && stats.contains("complete 3"), stats);
    assertTrue(stats.contains("model m-1 3") && stats.contains("MRN 3"), stats);
    assertTrue(ok(run("captures", "stats", "--json")).contains("\"records\":3"));
    assertEquals(4, ok(run("captures", "list", "--since", "2d")).lines().count());
    assertEquals(1, ok(run("captures", "list", "--state", "error")).lines().count());
    refused(1, "--state: expected complete,", run("captures", "list", "--state", "broken"));
    assertTrue(ok(run("captures", "show", ids.get(1))).contains("\"id\": \"" + ids.get(1)));
    String pairs = ok(run("captures", "export", "--namespace", "notes", "--format", "openai"));
    assertEquals(3, pairs.lines().count());
    assertTrue(pairs.contains("\"content\":\"ok\""), pairs);
    // As a word: surrogates are drawn from lists that have Doetsch and Doerr, but not for Doe
    // itself.
    assertFalse(Pattern.compile("\\bDoe\\b").matcher(pairs).find(), pairs);

    assertTrue(anyFileHas(ids.get(1)));
    run("captures", "hold", "notes");
    refused(3, "on hold", run("captures", "delete", ids.get(1), "--yes"));
    run("captures", "hold", "notes", "--release");
    refused(1, "nobody to ask", run("captures", "delete", ids.get(1)));
    ok(run("captures", "delete", ids.get(1), "--yes"));
    assertFalse(anyFileHas(ids.get(1)));
    refused(5, "nothing matched", run("captures", "delete", ids.get(1), "--yes"));
    assertTrue(ok(run("captures", "stats")).startsWith("notes  2 records"));
    ok(run("captures", "delete", "--namespace", "notes", "--yes"));
    assertFalse(Files.exists(home.resolve("kolm/captures/notes")));
    refused(5, "no captures", run("captures", "stats"));
  }

  @Test
  void aRunningCaptureIsSeenAndStopped() throws Exception {
    refused(5, "no capture is running", run("capture", "stop"));
    assertEquals(5, run("capture", "status").exitCode());
    ProcessBuilder builder =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "capture",
                "--provider",
                "mock=http://127.0.0.1:1",
                "--as",
                "notes",
                "--port",
                "0")
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("out.txt").toFile());
    builder.environment().put("KOLM_HOME", home.resolve("kolm").toString());
    Process process = builder.start();
    String status = "";
    for (int i = 0; i < 600 && !status.contains("records into notes"); i++) {
      Thread.sleep(50);
      status = run("capture", "status").out();
    }
    assertTrue(status.startsWith("process " + process.pid() + "  records into notes"), status);
    ok(run("capture", "stop"));
    assertFalse(process.isAlive());
    assertEquals(5, run("capture", "status").exitCode());
  }

  @Test
  void anEncryptedNamespaceIsReadWithItsKeyOnly() throws Exception {
    record(true, 2);
    assertFalse(anyFileHas("Patient"));
    assertTrue(ok(run("captures", "stats")).contains("encrypted"));
    assertEquals(2, ok(run("captures", "list", "--json")).lines().count());
    Files.write(home.resolve("kolm/capture-key"), new byte[32]);
    refused(3, "capture key", run("captures", "list"));
  }

  @Test
  void whatCannotBeDoneIsSaidInOneLine() throws Exception {
    refused(5, "no captures yet", run("captures", "list"));
    refused(5, "namespace \"other\"", run("captures", "stats", "--namespace", "other"));
    refused(1, "a namespace has", run("captures", "stats", "--namespace", "../x"));
    record(false, 1);
    refused(5, "no record", run("captures", "show", "cap_1"));
    refused(1, "a date", run("captures", "list", "--since", "yesterday"));
    refused(64, "--as", run("capture", "--provider", "openai"));
    refused(1, "unknown provider", run("capture", "--provider", "other", "--as", "t"));
    refused(1, "https://", run("capture", "--provider", "x=http://example.org", "--as", "t"));
    refused(
        1,
        "--i-accept-raw",
        run("capture", "--provider", "openai", "--as", "t", "--anonymize", "off"));
  }

  @Test
  void aTextIsAnonymised() {
    KolmRun run =
        KolmRun.of(
            home, Map.of(), "redact PHI: John Doe MRN 8847\n", "anonymize", "--style", "tag");
    assertEquals("redact PHI: [NAME_1] MRN [MRN_1]\n", ok(run));
    refused(1, "--style", KolmRun.of(home, Map.of(), "", "anonymize", "--style", "x"));
  }

  /** The second time nobody is there to be asked. */
  @Test
  void aReplayAsksNobody() throws Exception {
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"params\":{\"max_tokens\":4},\"expected\":{\"text\":\"x\"}}\n"
            .repeat(3));
    List<String> eval =
        new ArrayList<>(
            List.of("eval", KolmRun.chatModel().toString(), "--evals", cases.toString()));
    try (ScriptedCloud cloud = new ScriptedCloud(_ -> "x")) {
      eval.addAll(List.of("--baseline", "cloud:m", "--provider", cloud.named(), "--price", "1,1"));
      assertEquals(2, run(eval.toArray(String[]::new)).exitCode());
    }
    eval.add("--replay");
    KolmRun again = run(eval.toArray(String[]::new));
    assertEquals(2, again.exitCode(), again.err());
    assertTrue(again.out().contains("baseline    1.000"), again.out());
  }

  /**
   * Grades come from a model, are kept like the answers of the baseline, and are then not asked.
   */
  @Test
  void aJudgeGradesByARubric() throws Exception {
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"params\":{\"max_tokens\":4},\"expected\":{\"rubric\":\"says"
            + " x\"}}\n");
    List<String> eval =
        new ArrayList<>(
            List.of(
                "eval",
                KolmRun.chatModel().toString(),
                "--evals",
                cases.toString(),
                "--baseline",
                "cloud:m",
                "--price",
                "1,1"));
    refused(3, "name one with --judge", run(eval.toArray(String[]::new)));
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    try (ScriptedCloud cloud =
        new ScriptedCloud(
            user -> {
              asked.add(user);
              return user.contains("rubric")
                  ? "{\"first\": %d, \"second\": %d}"
                      .formatted(
                          user.contains("\"first\":\"x\"") ? 1 : 0,
                          user.contains("\"second\":\"x\"") ? 1 : 0)
                  : "x";
            })) {
      eval.addAll(List.of("--provider", cloud.named(), "--judge"));
      eval.add("cloud:m");
      refused(1, "--allow-self-judge", run(eval.toArray(String[]::new)));
      eval.set(eval.size() - 1, "cloud:judge");
      KolmRun run = run(eval.toArray(String[]::new));
      assertEquals(2, run.exitCode(), run.err());
    }
    assertEquals(3, asked.size(), asked.toString());
    eval.add("--replay");
    KolmRun again = run(eval.toArray(String[]::new));
    assertEquals(2, again.exitCode(), again.err());
    assertTrue(again.out().contains("type rubric -> judge"), again.out());
    assertTrue(again.out().contains("judge cloud:judge, blind, in both orders"), again.out());
    assertTrue(again.out().contains("local       0.000"), again.out());
    assertTrue(again.out().contains("baseline    1.000"), again.out());
  }

  @Test
  void passphrasesComeFromTheFileThatTheEnvironmentNames() throws Exception {
    Path file = Files.writeString(home.resolve("passphrase"), "correct horse\n");
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, Protection.PASSPHRASE, 30);
    CaptureHome kept =
        new CaptureHome(home.resolve("kolm"), (_, _) -> "correct horse".toCharArray());
    try (CaptureStore store = new CaptureStore(kept, options)) {
      store.open("notes");
    }
    Map<String, String> named = Map.of("KOLM_CAPTURE_PASSPHRASE_FILE", file.toString());
    assertTrue(ok(KolmRun.of(home, named, "", "captures", "stats")).startsWith("notes  0 records"));
    refused(3, "KOLM_CAPTURE_PASSPHRASE_FILE", run("captures", "stats"));
    Files.writeString(file, "another one");
    refused(3, "not the passphrase", KolmRun.of(home, named, "", "captures", "stats"));
  }

  /** The interface of Anthropic itself: its path, its header for the key, its form of answers. */
  @Test
  void anthropicIsAskedInItsOwnWay() throws Exception {
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"params\":{\"max_tokens\":4},\"expected\":{\"text\":\"x\"}}\n"
            .repeat(2));
    String answer =
        "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":8,\"output_tokens\":1}}";
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    try (ScriptedProvider anthropic =
        new ScriptedProvider(
            (request, out, _) -> {
              seen.add(request.head() + new String(request.body(), UTF_8));
              out.write(
                  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                      .formatted(answer.length(), answer)
                      .getBytes(UTF_8));
            })) {
      List<String> eval =
          List.of(
              "eval",
              KolmRun.chatModel().toString(),
              "--evals",
              cases.toString(),
              "--baseline",
              "anthropic:claude",
              "--provider",
              "anthropic=http://127.0.0.1:" + anthropic.port(),
              "--price",
              "1,5");
      KolmRun run =
          KolmRun.of(
              home, Map.of("ANTHROPIC_API_KEY", "sk-ant-test"), "", eval.toArray(String[]::new));
      assertEquals(2, run.exitCode(), run.err());
      assertTrue(run.out().contains("baseline    1.000"), run.out());
    }
    String first = seen.getFirst();
    assertTrue(first.startsWith("POST /v1/messages HTTP/1.1\r\n"), first);
    assertTrue(first.contains("x-api-key: sk-ant-test\r\n"), first);
    assertTrue(first.contains("anthropic-version: 2023-06-01\r\n"), first);
    assertTrue(first.contains("\"max_tokens\":4"), first);
    refused(
        3,
        "set ANTHROPIC_API_KEY",
        run(
            "eval",
            KolmRun.chatModel().toString(),
            "--evals",
            cases.toString(),
            "--baseline",
            "anthropic:claude",
            "--price",
            "1,5"));
  }

  @Test
  void aProviderThatIsDownIsToldAtOnce() throws Exception {
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"expected\":{\"text\":\"x\"}}\n"
            .repeat(50));
    KolmRun run =
        run(
            "eval",
            KolmRun.chatModel().toString(),
            "--evals",
            cases.toString(),
            "--baseline",
            "down:m",
            "--provider",
            "down=http://127.0.0.1:1",
            "--price",
            "1,1");
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains("down cannot be reached at http://127.0.0.1:1"), run.err());
  }

  @Test
  void anEvaluationNeedsCasesAKeyAPriceAndAnswers() throws Exception {
    String model = KolmRun.chatModel().toString();
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases,
        "{\"id\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"expected\":{\"text\":\"x\"}}\n");
    refused(5, "no cases", run("eval", model));
    refused(5, "no such file", run("eval", model, "--evals", home + "/none"));
    refused(
        3,
        "OPENAI_API_KEY",
        run("eval", model, "--evals", cases.toString(), "--baseline", "openai:gpt-4o-mini"));
    refused(
        3,
        "no price",
        run("eval", model, "--evals", cases.toString(), "--baseline", "openai:new", "--replay"));
    refused(
        3,
        "no answer of openai:gpt-4o-mini",
        run(
            "eval",
            model,
            "--evals",
            cases.toString(),
            "--baseline",
            "openai:gpt-4o-mini",
            "--replay"));
    refused(
        1, "PROVIDER:MODEL", run("eval", model, "--evals", cases.toString(), "--baseline", "x"));
    Files.writeString(cases, "{\"id\":\"a\",\"messages\":[{}]}\n");
    refused(1, "line 1: expected is missing", run("eval", model, "--evals", cases.toString()));
  }
}
