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
import ai.kolm.reference.ReferenceData;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServerConfig;
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
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Encoders of the store make vectors for who asks, as its chat models chat, without --embed. */
@Timeout(300)
final class StoredEmbeddersTest {
  @TempDir private Path home;

  private int port;

  private Path store() {
    return home.resolve("kolm/artifacts");
  }

  private void pack(String model, String name, String... more) {
    String file = store().resolve(name).toString();
    List<String> arguments = new ArrayList<>(List.of("pack", model, "--license", "MIT"));
    arguments.addAll(List.of("--out", file));
    arguments.addAll(List.of(more));
    KolmRun run = KolmRun.of(home, arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
  }

  @Test
  void whatMakesVectorsIsServed() throws Exception {
    Files.createDirectories(store());
    pack(KolmRun.chatModel().toString(), "one.kolm");
    Files.copy(store().resolve("one.kolm"), store().resolve("two.kolm"));
    pack(ReferenceData.minilm().toString(), "minilm.kolm");
    Files.copy(store().resolve("minilm.kolm"), store().resolve("two.embed.kolm"));
    try (Artifact artifact =
        Artifact.open(store().resolve("minilm.kolm"), ArtifactLimits.DEFAULT)) {
      ArtifactWriter.write(
          store().resolve("unsigned.kolm"), ArtifactContent.of(artifact), Progress.NONE);
    }
    pack(KolmRun.chatModel().toString(), "decoder.kolm", "--pooling", "last");
    RunOptions options = RunOptions.DEFAULT.withThreads(1);
    CommandContext context = KolmRun.serving(home);
    TrustFlags trust = new TrustFlags();
    List<Path> named = List.of(store().resolve("one.kolm"));
    ServedShelf shelf = new ServedShelf(context, trust, options, named);
    try (EmbedderOpener opener = new EmbedderOpener(context, trust, options);
        ModelLibrary library = new ModelLibrary(shelf, 2L << 30, Duration.ofSeconds(30));
        KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                library.withEmbedders(opener.open(named, Optional.empty())))) {
      server.start();
      port = server.port();
      isListed();
      answersItself("minilm");
      answersItself("minilm.kolm");
      assertEquals("two.embed.kolm", answering("two"), "its half is loaded for it");
      assertEquals(404, embed("one").statusCode(), "it has none");
      assertEquals(404, embed("../artifacts/minilm").statusCode());
      HttpResponse<String> unsigned = embed("unsigned");
      assertEquals(403, unsigned.statusCode(), unsigned.body());
      assertTrue(unsigned.body().contains("(unsigned)"), unsigned.body());
      assertEquals("decoder.kolm", answering("decoder"));
      for (String name : List.of("minilm", "decoder")) {
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
        HttpResponse<String> chat = post("chat/completions", name, messages);
        assertEquals(403, chat.statusCode(), "vectors are all it can make: " + name);
        assertTrue(chat.body().contains("it makes vectors and cannot chat"), chat.body());
      }
    }
  }

  private void isListed() throws Exception {
    String list = send(request("models")).body();
    for (String id :
        List.of("one.kolm", "two.kolm", "minilm.kolm", "two.embed.kolm", "decoder.kolm")) {
      assertEquals(2, list.split("\"id\":\"" + id + "\"", -1).length, id + " once in " + list);
    }
    assertFalse(list.contains("unsigned"), list);
    assertEquals(200, send(request("models/minilm")).statusCode());
  }

  private void answersItself(String name) throws Exception {
    assertEquals("minilm.kolm", answering(name));
  }

  private String answering(String name) throws Exception {
    HttpResponse<String> answer = embed(name);
    assertEquals(200, answer.statusCode(), answer.body());
    String cid = answer.headers().firstValue("x-kolm-artifact").orElse("");
    assertTrue(cid.startsWith("cidv1:sha256:"), cid);
    return answer.body().replaceAll("(?s).*\"model\":\"([^\"]*)\".*", "$1");
  }

  private HttpResponse<String> embed(String model) throws Exception {
    return post("embeddings", model, "\"input\":\"The sea is calm.\"");
  }

  private HttpResponse<String> post(String route, String model, String more) throws Exception {
    String body = "{\"model\":\"%s\",%s}".formatted(model, more);
    return send(
        request(route)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private HttpRequest.Builder request(String route) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/v1/%s".formatted(port, route)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }
}
