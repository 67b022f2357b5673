package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.Manifest;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.Embeddings;
import ai.kolm.reference.ReferenceData;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServerConfig;
import ai.kolm.source.ModelFiles;
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
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One artifact of a decoder both chats and makes vectors, in one process. */
@Timeout(300)
final class ChatAndVectorsTest {
  private static final String TEXT = "The sea is calm.";
  private static final String INPUT = "\"input\":\"%s\"".formatted(TEXT);
  private static final String MESSAGES =
      "\"seed\":1,\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
  private static final RunOptions OPTIONS = RunOptions.DEFAULT.withThreads(1);

  @TempDir private Path home;

  private int port;

  private KolmRun pack(Path file, String... more) {
    String[] fixed = {"pack", KolmRun.chatModel().toString(), "--license", "MIT", "--out"};
    String[] all = new String[fixed.length + 1 + more.length];
    System.arraycopy(fixed, 0, all, 0, fixed.length);
    all[fixed.length] = file.toString();
    System.arraycopy(more, 0, all, fixed.length + 1, more.length);
    return KolmRun.of(home, all);
  }

  private Path packed(String name, String... more) throws Exception {
    Path file = Files.createDirectories(home.resolve(name).getParent()).resolve("both.kolm");
    KolmRun run = pack(file, more);
    assertEquals(0, run.exitCode(), run.err());
    return file;
  }

  @Test
  void theManifestSaysBoth() throws Exception {
    Path file = packed("here/both.kolm", "--pooling", "mean", "--chat", "--truncate", "32");
    float[] vector;
    try (ModelFiles files = ModelFiles.open(file)) {
      Manifest manifest = files.artifact().map(Artifact::manifest).orElseThrow();
      assertTrue(manifest.capabilities().contains(Capability.CHAT));
      assertTrue(manifest.capabilities().contains(Capability.EMBEDDINGS));
      assertEquals(Manifest.Task.Kind.CHAT, manifest.task().kind());
      assertEquals(List.of(32), manifest.embedding().orElseThrow().truncate());
    }
    try (ChatCompletions chat = ChatCompletions.open(file);
        Embeddings embeddings = Embeddings.of(ModelFiles.open(file), OPTIONS)) {
      assertEquals(80, embeddings.embed(TEXT).length);
      assertTrue(chat.engine().contextLength() > 0);
      vector = embeddings.embed(TEXT);
    }
    Path alone = packed("there/both.kolm", "--pooling", "mean");
    try (Embeddings embeddings = Embeddings.of(ModelFiles.open(alone), OPTIONS)) {
      assertArrayEquals(embeddings.embed(TEXT), vector, "chatting changes no vector");
    }
  }

  @Test
  void whatCannotBeIsSaid() {
    Path file = home.resolve("x.kolm");
    KolmRun plain = pack(file, "--chat");
    assertEquals(1, plain.exitCode(), plain.err());
    assertTrue(plain.err().contains("--chat: without --pooling it chats anyway"), plain.err());
    KolmRun encoder =
        KolmRun.of(
            home,
            "pack",
            ReferenceData.minilm().toString(),
            "--license",
            "MIT",
            "--out",
            file.toString(),
            "--chat");
    assertEquals(1, encoder.exitCode(), encoder.err());
    assertTrue(encoder.err().contains("an encoder makes vectors, it cannot chat"), encoder.err());
    assertTrue(Files.notExists(file));
  }

  /** Wherever it lies: named from elsewhere, or in the store. */
  @Test
  void aServerChatsAndEmbedsWithIt() throws Exception {
    Path elsewhere = packed("elsewhere/both.kolm", "--pooling", "mean", "--chat");
    Path store = packed("kolm/artifacts/both.kolm", "--pooling", "last", "--chat");
    assertNotEquals(serve(elsewhere), serve(store), "another pooling, other vectors");
  }

  /** Serves it as the named model; gives its vector. */
  private String serve(Path file) throws Exception {
    CommandContext context = KolmRun.serving(home);
    TrustFlags trust = new TrustFlags();
    List<Path> named = List.of(file.toAbsolutePath().normalize());
    ServedShelf shelf = new ServedShelf(context, trust, OPTIONS, named);
    try (EmbedderOpener opener = new EmbedderOpener(context, trust, OPTIONS);
        ModelLibrary library = new ModelLibrary(shelf, 2L << 30, Duration.ofSeconds(30));
        KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                library.withEmbedders(opener.open(named, Optional.empty())))) {
      server.start();
      port = server.port();
      String cid;
      try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
        cid = artifact.cid().text();
      }
      String answer = post("chat/completions", MESSAGES, cid);
      String vector = post("embeddings", INPUT, cid);
      assertEquals(answer, post("chat/completions", MESSAGES, cid), "vectors change no answer");
      assertEquals(vector, post("embeddings", INPUT, cid), "answers change no vector");
      String list = get("models");
      assertEquals(2, list.split("\"id\":\"both.kolm\"", -1).length, "once in " + list);
      String info = get("kolm/info");
      assertTrue(info.contains("\"embedding_models\":[{\"id\":\"both.kolm\""), info);
      return vector;
    }
  }

  /** The answer's text or vector; the artifact is the one that answers. */
  private String post(String route, String more, String cid) throws Exception {
    String body = "{\"model\":\"both\",%s}".formatted(more);
    HttpResponse<String> answer =
        send(
            request(route)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals(cid, answer.headers().firstValue("x-kolm-artifact").orElse(""));
    Matcher said =
        Pattern.compile("\"(?:content|embedding)\":(\"[^\"]*\"|\\[[^]]*])").matcher(answer.body());
    assertTrue(said.find(), answer.body());
    return said.group(1);
  }

  private String get(String route) throws Exception {
    return send(request(route)).body();
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
