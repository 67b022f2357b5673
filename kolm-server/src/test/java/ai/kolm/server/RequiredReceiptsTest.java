package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineMetrics;
import ai.kolm.json.JsonObject;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.trust.SigningKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that gives no answer without a receipt in its log, when the log cannot be written. */
class RequiredReceiptsTest {
  private static final String SHORT = ",\"max_tokens\":3";

  @TempDir private Path folder;

  private static JsonObject payload(RawClient.Answer answer) {
    String[] parts = answer.header("x-kolm-receipt").split("\\.", -1);
    return TestServer.parse(new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8));
  }

  private static void checkUnavailable(RawClient.Answer answer) throws Exception {
    RefusedRequestsTest.checkError(answer, 503);
    assertTrue(answer.body().contains("\"receipt_unavailable\""), answer.body());
    assertEquals("5", answer.header("retry-after"));
    assertEquals("failed", payload(answer).string("log"));
    assertEquals(503, payload(answer).integer("status"));
    assertTrue(payload(answer).find("seq").isEmpty());
  }

  /** The tokens chosen when so many requests have ended: an answer is sent before that is told. */
  private static long tokensAfter(TestServer server, long requests) throws InterruptedException {
    TestServer.await(
        requests + " have ended",
        () -> {
          EngineMetrics metrics = server.metrics();
          return metrics.completed() + metrics.cancelled() + metrics.failed() == requests;
        });
    return server.metrics().generatedTokens();
  }

  @Test
  void withoutTheLogThereIsNoAnswer() throws Exception {
    AtomicLong seconds = new AtomicLong(1_000_000);
    InstantSource clock = () -> Instant.ofEpochSecond(seconds.get());
    ReceiptLog log = ReceiptLog.open(folder, ReceiptLog.Sync.ALWAYS);
    ReceiptIssuer issuer = ReceiptIssuer.requiring(SigningKey.generate(), List.of(), log, clock);
    try (TestServer made = new TestServer();
        KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                CompletableFuture.completedFuture(ServedModels.of(made.model())),
                CompletableFuture.completedFuture(issuer))) {
      server.start();
      int port = server.port();
      String chat = RawClient.chat(TestServer.hello(SHORT));
      RawClient.Answer good = RawClient.exchange(port, chat);
      assertEquals(200, good.status());
      assertEquals(1, payload(good).integer("seq"));
      made.slowDown(Duration.ofMillis(20));
      try (RawClient stream = new RawClient(port)) {
        stream.send(RawClient.chat(TestServer.hello(",\"max_tokens\":30,\"stream\":true")));
        RawClient.Answer head = stream.readHead();
        assertEquals(200, head.status());
        log.close(); // as good as a full disk
        StringBuilder events = new StringBuilder();
        for (byte[] chunk = stream.readChunk(); chunk.length > 0; chunk = stream.readChunk()) {
          events.append(new String(chunk, UTF_8));
        }
        assertFalse(events.toString().contains("[DONE]"), events.toString());
        assertTrue(events.toString().contains("receipt_unavailable"), events.toString());
        String jws =
            RawClient.exchange(port, RawClient.get("/v1/receipts/" + head.header("x-request-id")))
                .body();
        String[] parts = jws.split("\\.", -1);
        JsonObject last =
            TestServer.parse(new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8));
        assertEquals("failed", last.string("log"));
        assertEquals(List.of("error"), last.strings("fin"));
        String sent = String.join("\n", TestServer.events(events.toString())) + "\n";
        assertEquals(ReceiptHash.plain(sent.getBytes(UTF_8)), last.string("res"));
      }
      seconds.addAndGet(2);
      long before = tokensAfter(made, 2);
      checkUnavailable(RawClient.exchange(port, chat));
      assertTrue(tokensAfter(made, 3) > before, "the first one tries");
      before = made.metrics().generatedTokens();
      checkUnavailable(RawClient.exchange(port, chat));
      assertEquals(before, made.metrics().generatedTokens(), "the next ones do not");
      assertEquals(200, RawClient.exchange(port, RawClient.get("/v1/models")).status());
    }
  }
}
