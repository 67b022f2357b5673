package ai.kolm.server;

import static ai.kolm.server.TestServer.await;
import static ai.kolm.server.TestServer.events;
import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineLimits;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of a server: starting, loading, overload, closing; and what its log says. */
@Timeout(120)
final class KolmServerTest {

  private static ServerConfig draining(Duration time) {
    ServerLimits limits = ServerLimits.DEFAULT;
    return ServerConfig.DEFAULT.withLimits(
        limits.withTimes(
            limits.headTime(), limits.bodyTime(), limits.stallTime(), limits.silence(), time));
  }

  @Test
  void aPortInUseHasItsOwnException() throws IOException {
    try (TestServer server = new TestServer()) {
      KolmServer second =
          new KolmServer(
              ServerConfig.DEFAULT.withAddress("127.0.0.1", server.port()), ServedModels.of());
      BindException e = assertThrows(BindException.class, second::start);
      assertTrue(String.valueOf(e.getMessage()).contains("127.0.0.1:" + server.port()));
      second.close();
      KolmServer elsewhere =
          new KolmServer(ServerConfig.DEFAULT.withAddress("192.0.2.1", 0), ServedModels.of());
      assertThrows(BindException.class, elsewhere::start);
      elsewhere.close();
      KolmServer nowhere =
          new KolmServer(ServerConfig.DEFAULT.withAddress("no host", 0), ServedModels.of());
      assertThrows(IOException.class, nowhere::start);
      nowhere.close();
    }
  }

  @Test
  void modelsAreListed() throws IOException {
    try (TestServer server = new TestServer()) {
      Answer list = RawClient.exchange(server.port(), RawClient.get("/v1/models"));
      OpenAiSchema.check("ListModelsResponse", list.body());
      assertEquals("fake.kolm", string(parse(list.body()), "data", 0, "id"));
      for (String id : List.of("fake.kolm", "fake", "%66ake%2Ekolm")) {
        Answer one = RawClient.exchange(server.port(), RawClient.get("/v1/models/" + id));
        OpenAiSchema.check("Model", one.body());
        assertEquals("fake.kolm", string(parse(one.body()), "id"));
      }
      try (RawClient client = new RawClient(server.port())) {
        client.send(RawClient.get("/v1/models").replace("GET", "HEAD"));
        Answer head = client.readHead();
        assertEquals(Integer.toString(list.body().length()), head.header("content-length"));
      }
    }
  }

  @Test
  void aPlusInANameIsAPlus() throws IOException {
    try (TestServer server = new TestServer();
        KolmServer plus =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                ServedModels.of(server.model("a+b.kolm")))) {
      plus.start();
      for (String name : List.of("a+b.kolm", "a%2Bb.kolm", "a+b")) {
        Answer one = RawClient.exchange(plus.port(), RawClient.get("/v1/models/" + name));
        assertEquals("a+b.kolm", string(parse(one.body()), "id"));
      }
    }
  }

  @Test
  void twoModelsOfOneNameAreRefused() throws IOException {
    try (TestServer server = new TestServer()) {
      ServedModel model = server.model();
      assertThrows(IllegalArgumentException.class, () -> ServedModels.of(model, model));
      ServedModels models = ServedModels.of(model);
      Optional<String> cid = Optional.of(TestServer.CID);
      assertEquals(List.of(new ModelEntry(model.id(), model.created(), cid)), models.list());
      assertThrows(RefusedException.class, () -> models.find("other"));
    }
  }

  @Test
  void whileModelsLoadTheServerSaysSo() throws Exception {
    CompletableFuture<ServedModels> loading = new CompletableFuture<>();
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0);
    try (KolmServer server = new KolmServer(config, loading)) {
      server.start();
      String chat = RawClient.chat(hello(""));
      for (String request : List.of(RawClient.get("/readyz"), RawClient.get("/v1/models"), chat)) {
        Answer answer = RawClient.exchange(server.port(), request);
        RefusedRequestsTest.checkError(answer, 503);
        assertEquals("5", answer.header("retry-after"));
      }
      Answer health = RawClient.exchange(server.port(), RawClient.get("/healthz"));
      assertEquals("{\"status\":\"ok\"}", health.body());
      loading.complete(ServedModels.of());
      assertEquals(200, RawClient.exchange(server.port(), RawClient.get("/readyz")).status());
      assertEquals(404, RawClient.exchange(server.port(), chat).status());
    }
  }

  @Test
  void requestsMayWaitForTheModel() throws Exception {
    CompletableFuture<ServedModels> loading = new CompletableFuture<>();
    ServerConfig config =
        ServerConfig.DEFAULT.withAddress("127.0.0.1", 0).withModelWait(Duration.ofSeconds(20));
    try (KolmServer server = new KolmServer(config, loading);
        RawClient client = startAnd(server)) {
      client.send(RawClient.get("/v1/models"));
      TestServer.sleep(Duration.ofMillis(200));
      loading.complete(ServedModels.of());
      assertEquals(200, client.read().status());
    }
  }

  /** It would keep its connection, which is the only one here, as long as it was to wait. */
  @Test
  void whoLeavesDoesNotWaitForTheModel() throws Exception {
    ServerConfig config =
        ServerConfig.DEFAULT
            .withAddress("127.0.0.1", 0)
            .withModelWait(Duration.ofMinutes(5))
            .withLimits(TestServer.connections(1));
    try (KolmServer server = new KolmServer(config, new CompletableFuture<>())) {
      RawClient leaving = startAnd(server);
      leaving.send(RawClient.chat(hello("")));
      TestServer.sleep(Duration.ofMillis(200));
      leaving.close();
      assertEquals(200, RawClient.exchange(server.port(), RawClient.get("/healthz")).status());
    }
  }

  private static RawClient startAnd(KolmServer server) throws IOException {
    server.start();
    return new RawClient(server.port());
  }

  @Test
  void aFullQueueSaysWhenToTryAgain() throws Exception {
    try (TestServer server =
        new TestServer(ServerConfig.DEFAULT, new EngineLimits(64, 1, 1, 64), -1)) {
      server.slowDown(Duration.ofMillis(50));
      String endless = RawClient.chat(hello(",\"ignore_eos\":true"));
      try (RawClient running = new RawClient(server.port());
          RawClient waiting = new RawClient(server.port())) {
        running.send(endless);
        await("one runs", () -> server.metrics().runningSequences() == 1);
        waiting.send(endless);
        await("one waits", () -> server.metrics().queuedRequests() == 1);
        Answer answer = server.chat(hello(""));
        RefusedRequestsTest.checkError(answer, 429);
        assertEquals("rate_limit_error", string(parse(answer.body()), "error", "type"));
        assertEquals("rate_limit_exceeded", string(parse(answer.body()), "error", "code"));
        assertTrue(Integer.parseInt(answer.header("retry-after")) >= 1);
        assertEquals(429, server.chat(hello(",\"stream\":true")).status());
      }
    }
  }

  @Test
  void closingLetsAnswersFinish() throws Exception {
    TestServer server = new TestServer(draining(Duration.ofSeconds(20)));
    server.slowDown(Duration.ofMillis(20));
    try (RawClient stream = new RawClient(server.port());
        RawClient late = new RawClient(server.port())) {
      late.send(RawClient.get("/healthz"));
      assertEquals(200, late.read().status());
      stream.send(RawClient.chat(hello(",\"stream\":true,\"max_tokens\":40,\"ignore_eos\":true")));
      assertEquals(200, stream.readHead().status());
      int port = server.port();
      Thread closing = Thread.ofVirtual().start(server::close);
      await("nobody listens", () -> isRefused(port));
      late.send(RawClient.chat(hello("")));
      Answer refused = late.read();
      RefusedRequestsTest.checkError(refused, 503);
      StringBuilder all = new StringBuilder();
      for (byte[] chunk = stream.readChunk(); chunk.length > 0; chunk = stream.readChunk()) {
        all.append(new String(chunk, StandardCharsets.UTF_8));
      }
      assertEquals("[DONE]", events(all.toString()).getLast());
      closing.join();
    }
  }

  private static boolean isRefused(int port) {
    try {
      new RawClient(port).close();
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void closingEndsAnswersThatTakeTooLong() throws Exception {
    TestServer server = new TestServer(draining(Duration.ZERO));
    server.slowDown(Duration.ofMillis(20));
    String endless = hello(",\"ignore_eos\":true%s");
    try (RawClient stream = new RawClient(server.port());
        RawClient plain = new RawClient(server.port())) {
      stream.send(RawClient.chat(endless.formatted(",\"stream\":true")));
      assertEquals(200, stream.readHead().status());
      plain.send(RawClient.chat(endless.formatted("")));
      await("both run", () -> server.metrics().runningSequences() == 2);
      Thread closing = Thread.ofVirtual().start(server::close);
      StringBuilder all = new StringBuilder();
      for (byte[] chunk = stream.readChunk(); chunk.length > 0; chunk = stream.readChunk()) {
        all.append(new String(chunk, StandardCharsets.UTF_8));
      }
      List<String> events = events(all.toString());
      assertFalse(events.contains("[DONE]"));
      assertEquals("server_error", string(parse(events.getLast()), "error", "type"));
      RefusedRequestsTest.checkError(plain.read(), 503);
      closing.join();
    }
  }

  @Test
  void theLogHasOneSafeLinePerRequest() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Handler collector =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            lines.add(entry.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("ai.kolm.server.access");
    logger.addHandler(collector);
    try (TestServer server = new TestServer()) {
      String secret = "patient Jane Roe";
      Answer answer = server.chat(hello(",\"max_tokens\":3,\"seed\":1").replace("Hello", secret));
      await("a line", () -> lines.size() == 1);
      assertTrue(lines.getFirst().startsWith(answer.header("x-request-id")), lines.getFirst());
      assertTrue(lines.getFirst().contains(" POST /v1/chat/completions 200 "), lines.getFirst());
      assertTrue(lines.getFirst().endsWith(" completion_tokens=3"), lines.getFirst());
      server.chat("{\"model\":\"a\\nb\\u001b[31m" + secret + "\"}");
      RawClient.exchange(server.port(), RawClient.get("/%0d%0aFAKE%1b?" + "secret".repeat(99)));
      RawClient.exchange(server.port(), RawClient.get("/x".repeat(400)));
      RawClient.exchange(server.port(), "GE\1T / HTTP/1.1\r\n\r\n");
      await("five lines", () -> lines.size() == 5);
      for (String line : lines) {
        assertTrue(line.chars().allMatch(c -> c >= ' ' && c < 0x7f), line);
        assertTrue(line.length() < 300, line);
        assertFalse(line.contains("Jane") || line.contains("secret"), line);
      }
    } finally {
      logger.removeHandler(collector);
    }
  }
}
