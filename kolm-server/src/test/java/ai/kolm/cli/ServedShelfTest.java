package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.Progress;
import ai.kolm.chat.RunOptions;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServerConfig;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server over a store with good and bad artifacts of a real, tiny model. */
class ServedShelfTest {
  @TempDir private Path home;

  private Path store;

  @BeforeEach
  void pack() throws IOException {
    store = home.resolve("kolm/artifacts");
    Files.createDirectories(store);
    for (String name : List.of("one", "two", "unsigned", "flipped", "cut", "third-party")) {
      String file = store.resolve(name + ".kolm").toString();
      Path owner = name.equals("third-party") ? home.resolve("other") : home;
      KolmRun run =
          KolmRun.of(
              owner, "pack", KolmRun.chatModel().toString(), "--license", "MIT", "--out", file);
      assertEquals(0, run.exitCode(), run.err());
    }
  }

  private void damage() throws Exception {
    Path unsigned = store.resolve("unsigned.kolm");
    try (Artifact artifact = Artifact.open(unsigned, ArtifactLimits.DEFAULT)) {
      ArtifactWriter.write(unsigned, ArtifactContent.of(artifact), Progress.NONE);
    }
    flip(store.resolve("flipped.kolm"));
    try (RandomAccessFile cut = new RandomAccessFile(store.resolve("cut.kolm").toFile(), "rw")) {
      cut.setLength(cut.length() - 1);
    }
  }

  /** Changes a byte in the middle, which is one of the weights; shows only when hashed. */
  private static void flip(Path file) throws IOException {
    try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "rw")) {
      long middle = data.length() / 2;
      data.seek(middle);
      int old = data.read();
      data.seek(middle);
      data.write(old ^ 1);
    }
  }

  private ServedShelf shelf(List<Path> named) {
    CommandContext context = KolmRun.serving(home);
    RunOptions options = RunOptions.DEFAULT.withKernels("scalar").withThreads(1);
    return new ServedShelf(context, new TrustFlags(), options, named);
  }

  private static HttpResponse<String> chat(int port, String model) throws Exception {
    String body =
        """
        {"model":"%s","max_tokens":2,"temperature":0,"messages":[{"role":"user","content":"hi"}]}\
        """
            .formatted(model);
    return send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%d/v1/chat/completions".formatted(port)))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path))));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }

  @Test
  void theStoreIsServedAsFarAsItIsWhole() throws Exception {
    damage();
    ServedShelf shelf = shelf(List.of(store.resolve("one.kolm"), KolmRun.chatModel()));
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0);
    try (ModelLibrary library = new ModelLibrary(shelf, 2L << 30, Duration.ofSeconds(30));
        KolmServer server = new KolmServer(config, library)) {
      server.start();
      int port = server.port();
      String list = get(port, "/v1/models").body();
      for (String id : List.of("one.kolm", "two.kolm", "chat.gguf")) {
        assertTrue(list.contains("\"id\":\"" + id + "\""), list);
      }
      for (String id : List.of("unsigned", "cut", "third-party")) {
        assertFalse(list.contains(id), list);
      }
      HttpResponse<String> answer = chat(port, "two");
      assertEquals(200, answer.statusCode(), answer.body());
      String cid = answer.headers().firstValue("x-kolm-artifact").orElse("");
      assertTrue(cid.startsWith("cidv1:sha256:"), cid);
      assertEquals(
          cid, get(port, "/v1/models/two").headers().firstValue("x-kolm-artifact").orElse("none"));
      assertEquals(200, chat(port, "one.kolm").statusCode());
      assertEquals(200, chat(port, "chat.gguf").statusCode());
      Map<String, String> refused =
          Map.of(
              "unsigned", "unsigned",
              "flipped", "digest_mismatch",
              "cut", "container_layout",
              "third-party", "signer_unknown");
      for (Map.Entry<String, String> one : refused.entrySet()) {
        HttpResponse<String> refusal = chat(port, one.getKey());
        assertEquals(403, refusal.statusCode(), refusal.body());
        assertTrue(refusal.body().contains("artifact_refused"), refusal.body());
        assertTrue(refusal.body().contains("(" + one.getValue() + ")"), refusal.body());
        assertFalse(refusal.body().contains(home.toString()), refusal.body());
      }
    }
  }

  @Test
  void oneDamagedWhileItIsServedIsUnavailable() throws Exception {
    ServedShelf shelf = shelf(List.of());
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0);
    try (ModelLibrary library = new ModelLibrary(shelf, 2L << 30, Duration.ofSeconds(30));
        KolmServer server = new KolmServer(config, library)) {
      server.start();
      assertEquals(200, chat(server.port(), "one").statusCode());
      flip(store.resolve("one.kolm"));
      HttpResponse<String> damaged = chat(server.port(), "one");
      assertEquals(503, damaged.statusCode(), damaged.body());
      assertEquals("false", damaged.headers().firstValue("x-should-retry").orElse(""));
      assertEquals(200, chat(server.port(), "two").statusCode());
      flip(store.resolve("one.kolm"));
      assertEquals(200, chat(server.port(), "one").statusCode(), "whole again");
    }
  }

  @Test
  void listSaysWhy() throws Exception {
    damage();
    String out = KolmRun.of(home, "list").out();
    assertTrue(out.lines().anyMatch(line -> line.startsWith("one ") && line.endsWith("trusted")));
    assertTrue(out.contains("refused: unsigned"), out);
    assertTrue(out.contains("refused: container_layout"), out);
    assertTrue(out.contains("refused: signer_unknown"), out);
    String json = KolmRun.of(home, "list", "--json").out();
    assertTrue(json.contains("\"trust\":\"refused\",\"code\":\"container_layout\""), json);
    assertTrue(json.contains("\"trust\":\"trusted\",\"cid\":\"cidv1:sha256:"), json);
    assertFalse(out.contains("digest_mismatch"), out);
    List<String> hashed = KolmRun.of(home, "list", "--verify").out().lines().toList();
    assertTrue(
        hashed.stream()
            .anyMatch(line -> line.startsWith("flipped ") && line.contains("digest_mismatch")),
        hashed.toString());
    assertTrue(
        hashed.stream().anyMatch(line -> line.startsWith("one ") && line.endsWith("trusted")));
  }
}
