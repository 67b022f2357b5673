package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptNonce;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Receipts of a real server, verified by a JOSE library that shares no code with kolm. */
class ReceiptsTest {
  private static final String NONCE = "AAECAwQFBgcICQoLDA0ODw";

  private static OctetKeyPair key(int port) throws Exception {
    String keys = RawClient.exchange(port, RawClient.get("/v1/receipts/keys")).body();
    assertEquals(keys, RawClient.exchange(port, RawClient.get("/.well-known/jwks.json")).body());
    return JWKSet.parse(keys).getKeys().getFirst().toOctetKeyPair();
  }

  /** The payload of a receipt, once its signature has been verified. */
  private static JsonObject verified(OctetKeyPair key, String receipt) throws Exception {
    JWSObject jws = JWSObject.parse(receipt);
    assertEquals(key.getKeyID(), jws.getHeader().getKeyID());
    assertTrue(jws.verify(new Ed25519Verifier(key)), receipt);
    return TestServer.parse(jws.getPayload().toString());
  }

  private static JsonObject verified(OctetKeyPair key, RawClient.Answer answer) throws Exception {
    JsonObject payload = verified(key, answer.header("x-kolm-receipt"));
    assertEquals(answer.header("x-request-id"), payload.string("id"));
    return payload;
  }

  private static String digest(String text) {
    return ReceiptHash.plain(text.getBytes(UTF_8));
  }

  private static String answer(String content) {
    Json choice =
        new Json.Obj(
            Map.of("content", new Json.Str(content), "tool_calls", new Json.Arr(List.of())));
    return new String(CanonicalJson.write(new Json.Arr(List.of(choice))), UTF_8);
  }

  @Test
  void aPlainAnswerHasItsReceipt() throws Exception {
    try (TestServer server = new TestServer()) {
      OctetKeyPair key = key(server.port());
      String sampled = ",\"max_tokens\":5,\"ignore_eos\":true,\"temperature\":0.5";
      String request = TestServer.hello(sampled);
      RawClient.Answer answer = server.chat(request);
      JsonObject receipt = verified(key, answer);
      assertEquals(digest(request), receipt.string("req"));
      assertEquals(digest(answer.body()), receipt.string("res"));
      JsonObject body = TestServer.parse(answer.body());
      String content = TestServer.string(body, "choices", 0, "message", "content");
      assertEquals(digest(answer(content)), receipt.string("out"));
      assertEquals("final", receipt.string("phase"));
      assertEquals("chat.completion", receipt.string("kind"));
      assertEquals(200, receipt.integer("status"));
      assertEquals(
          TestServer.integer(body, "usage", "completion_tokens"),
          receipt.object("usage").integer("out"));
      assertEquals(List.of("length"), receipt.strings("fin"));
      JsonObject params = receipt.object("params");
      assertEquals(0.5, params.findNumber("temperature").orElse(-1));
      assertEquals(5, params.integer("max_tokens"));
      assertEquals(TestServer.CID, receipt.string("cid"));
      assertEquals(TestServer.CID, answer.header("x-kolm-artifact"));
      // With the seed that it names, the answer can be asked for again.
      RawClient.Answer again =
          server.chat(TestServer.hello(sampled + ",\"seed\":" + params.integer("seed")));
      assertEquals(digest(answer(content)), verified(key, again).string("out"));
    }
  }

  @Test
  void aStreamHasTwo() throws Exception {
    try (TestServer server = new TestServer()) {
      OctetKeyPair key = key(server.port());
      RawClient.Answer answer = server.chat(TestServer.hello(",\"max_tokens\":5,\"stream\":true"));
      JsonObject open = verified(key, answer);
      assertEquals("open", open.string("phase"));
      assertFalse(open.names().contains("res"));
      List<String> lines = answer.body().lines().toList();
      int end = lines.indexOf("data: [DONE]");
      assertEquals("", lines.get(end - 2));
      String comment = lines.get(end - 1);
      assertTrue(comment.startsWith(": kolm-receipt "), comment);
      String jws = comment.substring(": kolm-receipt ".length());
      JsonObject last = verified(key, jws);
      assertEquals("final", last.string("phase"));
      assertEquals(open.string("id"), last.string("id"));
      assertEquals(digest(answer.header("x-kolm-receipt")), last.string("open"));
      List<String> events = new ArrayList<>(TestServer.events(answer.body()));
      assertEquals("[DONE]", events.removeLast());
      assertEquals(digest(String.join("\n", events) + "\n"), last.string("res"));
      StringBuilder content = new StringBuilder();
      for (String event : events) {
        JsonObject delta = TestServer.parse(event).objects("choices").getFirst().object("delta");
        content.append(delta.findString("content").orElse(""));
      }
      assertEquals(digest(answer(content.toString())), last.string("out"));
      RawClient.Answer fetched =
          RawClient.exchange(server.port(), RawClient.get("/v1/receipts/" + open.string("id")));
      assertEquals(jws, fetched.body());
      assertEquals("application/jose", fetched.header("content-type"));
    }
  }

  @Test
  void everyRouteAndStatusHasOne() throws Exception {
    try (TestServer server = new TestServer();
        TestServer failing =
            new TestServer(ServerConfig.DEFAULT, ai.kolm.engine.EngineLimits.DEFAULT, -1)) {
      OctetKeyPair key = key(server.port());
      List<String> requests =
          Stream.of(
                  "/healthz",
                  "/readyz",
                  "/v1/models",
                  "/v1/models/fake.kolm",
                  "/v1/models/none",
                  "/v1/receipts/keys",
                  "/v1/receipts/none",
                  "/.well-known/jwks.json",
                  "/v1/embeddings",
                  "/nowhere",
                  "/v1/chat/completions")
              .map(RawClient::get)
              .toList();
      List<String> all = new ArrayList<>(requests);
      all.add(RawClient.chat("{}"));
      all.add(RawClient.chat("not json"));
      all.add(RawClient.chat(TestServer.hello(",\"max_tokens\":3")));
      String ask = "{\"model\":\"fake.kolm\",\"%s\":\"hi\",\"%s\":3}";
      all.add(RawClient.post("/v1/completions", ask.formatted("prompt", "max_tokens")));
      all.add(RawClient.post("/v1/responses", ask.formatted("input", "max_output_tokens")));
      all.add(RawClient.post("/v1/embeddings", ask.formatted("input", "dimensions")));
      all.add(RawClient.chat(TestServer.hello(",\"n\":1000")));
      all.add(RawClient.chat(TestServer.hello("").replace("fake.kolm", "other")));
      all.add("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
      all.add("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
      all.add("GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n");
      all.add("GET / HTTP/1.1\r\n\r\n");
      java.util.Set<Integer> statuses = new java.util.TreeSet<>();
      for (String request : all) {
        RawClient.Answer answer = RawClient.exchange(server.port(), request);
        JsonObject receipt = verified(key, answer);
        assertEquals(answer.status(), receipt.integer("status"), request);
        assertEquals(digest(answer.body()), receipt.string("res"), request);
        boolean error = answer.status() >= 400;
        assertEquals(error, receipt.find("err").isPresent(), request);
        statuses.add(answer.status());
      }
      System.out.printf("receipts of %d requests, statuses %s%n", all.size(), statuses);
      assertTrue(statuses.size() >= 5, statuses.toString());
      assertTrue(failing.port() > 0);
    }
  }

  @Test
  void aModelThatFailsHasOneToo() throws Exception {
    try (TestServer server =
        new TestServer(ServerConfig.DEFAULT, ai.kolm.engine.EngineLimits.DEFAULT, 'o')) {
      OctetKeyPair key = key(server.port());
      RawClient.Answer answer =
          server.chat(TestServer.hello(",\"stream\":true,\"max_tokens\":2000"));
      String id = verified(key, answer).string("id");
      JsonObject last =
          verified(
              key, RawClient.exchange(server.port(), RawClient.get("/v1/receipts/" + id)).body());
      if (answer.status() == 200 && !answer.body().contains("[DONE]")) {
        assertEquals(List.of("error"), last.strings("fin"));
      }
      assertEquals(id, last.string("id"));
    }
  }

  @Test
  void aClientThatLeavesLeavesAReceipt() throws Exception {
    try (TestServer server = new TestServer()) {
      server.slowDown(Duration.ofMillis(20));
      OctetKeyPair key = key(server.port());
      String id;
      try (RawClient client = new RawClient(server.port())) {
        client.send(RawClient.chat(TestServer.hello(",\"stream\":true,\"max_tokens\":2000")));
        id = client.readHead().header("x-request-id");
        assertEquals(202, receipt(server, id).status());
        assertEquals("1", receipt(server, id).header("retry-after"));
      }
      TestServer.await("the receipt is final", () -> receipt(server, id).status() == 200);
      JsonObject receipt = verified(key, receipt(server, id).body());
      assertEquals(List.of("aborted"), receipt.strings("fin"));
      assertFalse(receipt.names().contains("out"));
    }
  }

  private static RawClient.Answer receipt(TestServer server, String id) {
    try {
      return RawClient.exchange(server.port(), RawClient.get("/v1/receipts/" + id));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aNonceBlindsTheDigests() throws Exception {
    try (TestServer server = new TestServer()) {
      OctetKeyPair key = key(server.port());
      String body = TestServer.hello(",\"max_tokens\":2");
      RawClient.Answer answer = RawClient.exchange(server.port(), withNonce(body, NONCE));
      JsonObject receipt = verified(key, answer);
      ReceiptNonce nonce = ReceiptNonce.parse(NONCE);
      assertEquals(nonce.digest(), receipt.string("nonce"));
      assertEquals(
          new ReceiptHash(Optional.of(nonce)).add(body.getBytes(UTF_8)).text(),
          receipt.string("req"));
      assertEquals(
          new ReceiptHash(Optional.of(nonce)).add(answer.body().getBytes(UTF_8)).text(),
          receipt.string("res"));
      for (String wrong : List.of("AA", "AAECAwQFBgcICQoLDA0ODw==", "****", "A".repeat(200))) {
        assertEquals(
            400, RawClient.exchange(server.port(), withNonce(body, wrong)).status(), wrong);
      }
    }
  }

  private static String withNonce(String body, String nonce) {
    return RawClient.chat(body)
        .replace("Host: localhost\r\n", "Host: localhost\r\nx-kolm-nonce: " + nonce + "\r\n");
  }

  /** No text of a prompt or an answer, and nothing about who asked, is in a receipt. */
  @Test
  void receiptsTellNothingThatWasSaid() throws Exception {
    try (TestServer server = new TestServer()) {
      OctetKeyPair key = key(server.port());
      String body =
          TestServer.hello(",\"max_tokens\":9,\"user\":\"canary-user\",\"stop\":[\"canary-stop\"]")
              .replace("\"Hello\"", "\"canary-prompt\"");
      RawClient.Answer answer =
          RawClient.exchange(
              server.port(),
              RawClient.chat(body)
                  .replace(
                      "Host: localhost\r\n",
                      "Host: localhost\r\nAuthorization: Bearer canary-key\r\n"));
      JsonObject receipt = verified(key, answer);
      String text = receipt.json().toString();
      assertEquals(200, answer.status());
      assertFalse(text.contains("canary"), text);
      assertFalse(text.contains("127.0.0.1"), text);
      RawClient.Answer refused =
          server.chat(body.replace("canary-prompt\"", "canary-prompt\",\"name\":7"));
      assertFalse(verified(key, refused).json().toString().contains("canary"));
    }
  }
}
