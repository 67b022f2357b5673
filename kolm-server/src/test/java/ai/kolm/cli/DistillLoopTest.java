package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.Captured.Turn;
import ai.kolm.eval.EvalCases;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerConfig;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole loop in small: traffic to a provider is captured, distilled into a tiny model, served,
 * and compared with the provider by the gate. What can be learned passes; what cannot does not.
 */
class DistillLoopTest {
  private static final String KEY = "sk-canary-0123456789abcdef";
  private static final int CONVERSATIONS = 540;
  private static final int CASES = 120;

  @TempDir private Path home;

  @BeforeEach
  void base() {
    Captured.base(home, "tiny", "MIT");
  }

  private static HttpResponse<String> post(
      HttpClient client, int port, String path, String user, boolean stream) throws Exception {
    String body =
        "{\"model\":\"%s\",\"stream\":%s,\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":%s}]}"
            .formatted("notes.kolm", stream, JsonText.of(new Json.Str(user)));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + KEY)
            .timeout(Duration.ofSeconds(60))
            .POST(BodyPublishers.ofString(body))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  /** Eight clients ask through the relay, and ask again where the provider is busy. */
  private void capture(ScriptedCloud cloud, List<Turn> turns) throws Exception {
    CaptureFlags flags = new CaptureFlags();
    flags.task = "notes";
    try (CaptureSetup setup =
            CaptureSetup.open(KolmRun.serving(home), flags, List.of(cloud.named()));
        KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                CompletableFuture.completedFuture(ServedModels.of(List.of())),
                CompletableFuture.completedFuture(ReceiptIssuer.inMemory()),
                Optional.of(setup.service()));
        HttpClient client = HttpClient.newHttpClient();
        ExecutorService clients = Executors.newFixedThreadPool(8)) {
      server.start();
      List<Future<Integer>> sent = new ArrayList<>();
      for (int i = 0; i < turns.size(); i++) {
        String user = turns.get(i).user();
        boolean stream = i % 3 == 0;
        sent.add(clients.submit(() -> ask(client, server.port(), user, stream)));
      }
      int tries = 0;
      for (Future<Integer> one : sent) {
        tries += one.get();
      }
      assertTrue(tries > turns.size(), "the provider was never busy");
      cloud.calm();
    }
  }

  private static int ask(HttpClient client, int port, String user, boolean stream)
      throws Exception {
    int tries = 1;
    while (post(client, port, "/v1/capture/chat/completions", user, stream).statusCode() != 200) {
      tries++;
      assertTrue(tries < 20, "the provider is never there");
    }
    return tries;
  }

  private Path cases(List<Turn> turns) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Turn turn : turns) {
      lines.append(
          "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"params\":{\"max_tokens\":12},\"expected\":{\"text\":\"%s\"},\"source\":\"human\"}\n"
              .formatted(turn.user(), turn.assistant()));
    }
    return Files.writeString(home.resolve("cases.jsonl"), lines.toString());
  }

  private KolmRun distill(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "distill",
                "--namespace",
                "notes",
                "--bases",
                "tiny",
                "--out",
                artifact(),
                "--json",
                "--rate",
                "1e-2",
                "--tokens-per-step",
                "500",
                "--max-length",
                "128"));
    arguments.addAll(List.of(more));
    return KolmRun.of(home, arguments.toArray(String[]::new));
  }

  private String artifact() {
    return home.resolve("kolm/artifacts/notes.kolm").toString();
  }

  private KolmRun eval(ScriptedCloud cloud, Path cases) {
    return KolmRun.of(
        home,
        "eval",
        artifact(),
        "--evals",
        cases.toString(),
        "--baseline",
        "cloud:big-1",
        "--provider",
        cloud.named(),
        "--price",
        "0.15,0.60");
  }

  @Test
  void whatCanBeLearnedBecomesProductionReady() throws Exception {
    try (ScriptedCloud cloud = new ScriptedCloud(Captured::label)) {
      capture(cloud, Captured.labels(CONVERSATIONS, 1));
      KolmRun stats = KolmRun.of(home, "captures", "stats");
      assertTrue(
          stats.out().contains("complete 540") && stats.out().contains("error "), stats.out());
      KolmRun run = distill("--epochs", "14");
      assertEquals(0, run.exitCode(), run.err());
      check(JsonReader.readObject(run.out().getBytes(UTF_8), JsonLimits.DEFAULT));
      assertTrue(KolmRun.of(home, "inspect", artifact()).out().contains("no signed evaluation"));

      KolmRun leak = eval(cloud, cases(Captured.labels(CASES, 1)));
      assertEquals(2, leak.exitCode(), leak.out());
      assertTrue(leak.out().contains("cases that were trained on"), leak.out());
      KolmRun eval = eval(cloud, cases(unseen()));
      assertEquals(0, eval.exitCode(), eval.out() + eval.err());
      assertTrue(eval.err().contains("statement written, production ready"), eval.err());
      assertTrue(KolmRun.of(home, "verify", artifact()).out().contains("TRUSTED"));
    }
    assertEquals("rock", served("there little stone once happy"));
    noKeyOnDisk();
  }

  /** Questions that were not captured. */
  private static List<Turn> unseen() {
    Set<String> captured = new HashSet<>();
    Captured.labels(CONVERSATIONS, 1).forEach(turn -> captured.add(turn.user()));
    return Captured.labels(2 * CASES, 2).stream()
        .filter(turn -> !captured.contains(turn.user()))
        .limit(CASES)
        .toList();
  }

  /** What is in the artifact goes together. */
  private void check(JsonObject report) throws Exception {
    assertTrue(report.findNumber("holdout_score").orElse(0) >= 0.9, report.json().toString());
    assertEquals("label", report.string("scorer"));
    try (Artifact artifact = Artifact.open(Path.of(artifact()), ArtifactLimits.DEFAULT)) {
      assertEquals(report.string("cid"), artifact.cid().text());
      byte[] evals = artifact.entry("evals.jsonl").toArray(ValueLayout.JAVA_BYTE);
      assertEquals(report.integer("holdout"), EvalCases.read(evals).cases().size());
      JsonObject provenance =
          JsonReader.readObject(
              artifact.entry("provenance.json").toArray(ValueLayout.JAVA_BYTE), JsonLimits.DEFAULT);
      assertFalse(provenance.bool("small", true));
      assertEquals("tiny", provenance.object("base").string("name"));
      Path dataset = home.resolve("kolm/datasets/notes").resolve(report.string("dataset"));
      byte[] text = Files.readAllBytes(dataset.resolve("dataset.json"));
      assertEquals(
          JsonReader.readObject(text, JsonLimits.DEFAULT).string("holdout_digest"),
          provenance.object("dataset").string("holdout_digest"));
    }
  }

  /** The answer of a server that finds the artifact in its store. */
  private String served(String user) throws Exception {
    RunOptions options = RunOptions.DEFAULT.withThreads(1);
    ServedShelf shelf =
        new ServedShelf(KolmRun.serving(home), new TrustFlags(), options, List.of());
    try (ModelLibrary library = new ModelLibrary(shelf, 1L << 30, Duration.ofSeconds(30));
        KolmServer server =
            new KolmServer(ServerConfig.DEFAULT.withAddress("127.0.0.1", 0), library);
        HttpClient client = HttpClient.newHttpClient()) {
      server.start();
      HttpRequest list =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:%d/v1/models".formatted(server.port())))
              .build();
      String models = client.send(list, BodyHandlers.ofString()).body();
      assertTrue(models.contains("\"production_ready\":true"), models);
      assertTrue(models.contains("\"production_ready\":false"), models); // the base
      String body = post(client, server.port(), "/v1/chat/completions", user, false).body();
      JsonObject answer = JsonReader.readObject(body.getBytes(UTF_8), JsonLimits.DEFAULT);
      return answer.objects("choices").getFirst().object("message").string("content");
    }
  }

  private void noKeyOnDisk() throws IOException {
    try (var files = Files.walk(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, ISO_8859_1);
        assertFalse(text.contains(KEY), file.toString());
      }
    }
  }

  @Test
  void whatCannotBeLearnedIsRefused() throws Exception {
    // Which answer is right depends on all letters: there is nothing to generalise.
    try (ScriptedCloud cloud =
        new ScriptedCloud(text -> List.of("fruit", "water").get(text.hashCode() & 1))) {
      capture(cloud, Captured.labels(60, 3));
      KolmRun run = distill("--epochs", "1", "--allow-small");
      assertEquals(0, run.exitCode(), run.err());
      List<Turn> asked =
          Captured.labels(60, 4).stream()
              .map(
                  turn ->
                      new Turn(turn.user(), turn.user().hashCode() % 2 == 0 ? "fruit" : "water"))
              .toList();
      KolmRun eval = eval(cloud, cases(asked));
      assertEquals(2, eval.exitCode(), eval.out() + eval.err());
      assertTrue(eval.out().contains("FAILED"), eval.out());
      assertTrue(KolmRun.of(home, "inspect", artifact()).out().contains("no signed evaluation"));
    }
  }
}
