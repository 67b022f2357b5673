package ai.kolm.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureConfig;
import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureReader;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonText;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.RawClient.Answer;
import ai.kolm.upstream.Provider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay over real sockets: what the provider and the client see, and what is recorded. */
class CaptureRelayTest {
  private static final String NOTE = "redact PHI: John Doe MRN 8847";
  private static final String CHAT =
      "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}";
  private static final String ANSWER =
      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"[NAME] John Doe\"},\"finish_reason\":\"stop\",\"logprobs\":{\"content\":[{\"token\":\"John\"}]}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}";

  @TempDir private Path root;

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private String everythingStored() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, ISO_8859_1)).append('\n');
      }
    }
    return all.toString();
  }

  private static void json(OutputStream out) throws IOException {
    out.write(
        ScriptedProvider.answer(
            200,
            "content-type: application/json\r\nX-Request-ID: req_up\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n",
            ANSWER.getBytes(UTF_8)));
  }

  /** A key of the server is asked for beside that of the provider, and goes nowhere. */
  @Test
  void keysOfTheServerStayHere() throws Exception {
    ServerAccess keys = ServerAccess.OPEN.withKeys(ApiKeys.of(List.of("own-canary-1234567890")));
    try (CaptureRig rig = new CaptureRig(root, (_, out, _) -> json(out));
        KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0).withAccess(keys),
                CompletableFuture.completedFuture(ServedModels.of()),
                CompletableFuture.completedFuture(rig.issuer),
                Optional.of(
                    new CaptureService(
                        List.of(
                            Provider.parse(
                                "m=http://127.0.0.1:%d/x".formatted(rig.provider.port()))),
                        rig.client,
                        rig.recorder)))) {
      server.start();
      String body = CHAT.formatted(NOTE, "");
      for (String wrong :
          List.of(
              "",
              "x-kolm-key: \r\n",
              "x-kolm-key: own-canary\r\n",
              "x-kolm-key: " + "x".repeat(4_000) + "\r\n",
              "Authorization: Bearer own-canary-1234567890\r\n")) {
        Answer refused =
            RawClient.exchange(server.port(), CaptureRig.post("/chat/completions", wrong, body));
        assertEquals(401, refused.status(), wrong);
        assertTrue(refused.body().contains("x-kolm-key: KEY"), refused.body());
      }
      assertEquals(List.of(), rig.provider.seen());
      Answer answer =
          RawClient.exchange(
              server.port(),
              CaptureRig.post(
                  "/chat/completions",
                  "Authorization: Bearer sk-up\r\nX-Kolm-Key: own-canary-1234567890\r\n",
                  body));
      assertEquals(200, answer.status());
      ScriptedProvider.Seen seen = rig.provider.seen().getFirst();
      assertEquals("Bearer sk-up", seen.header("authorization"));
      assertFalse(seen.head().contains("own-canary"), seen.head());
      rig.records(1);
      assertFalse(everythingStored().contains("own-canary"));
      assertEquals(401, RawClient.exchange(server.port(), RawClient.get("/metrics")).status());
    }
  }

  @Test
  void theProviderGetsWhatTheClientSentAndTheStoreNothingThatNamesAnybody() throws Exception {
    try (CaptureRig rig = new CaptureRig(root, (_, out, _) -> json(out))) {
      String body = CHAT.formatted(NOTE, ",\"temperature\":0, \"unknown\" : [1]");
      String headers =
          "Authorization: Bearer sk-canary-1234567890\r\nx-kolm-task: other\r\nAccept-Encoding: gzip, br, zstd\r\nX-Odd-Case: yes\r\nUser-Agent: OpenAI/Python 1.2.3\r\n";
      Answer answer =
          RawClient.exchange(
              rig.port(), CaptureRig.post("/chat/completions?api-version=2", headers, body));
      assertEquals(200, answer.status());
      assertEquals(ANSWER, answer.body());
      assertEquals("req_up", answer.header("x-request-id"));
      assertEquals("on", answer.header("x-kolm-capture"));
      ScriptedProvider.Seen seen = rig.provider.seen().getFirst();
      assertEquals("POST /base/chat/completions?api-version=2 HTTP/1.1", seen.line());
      assertArrayEquals(body.getBytes(UTF_8), seen.body());
      assertEquals("Bearer sk-canary-1234567890", seen.header("authorization"));
      assertEquals("gzip", seen.header("accept-encoding"));
      assertEquals("127.0.0.1:" + rig.provider.port(), seen.header("host"));
      assertTrue(seen.head().contains("X-Odd-Case: yes"), seen.head());
      assertFalse(seen.head().contains("x-kolm"), seen.head());

      CaptureRecord record = rig.records(1).getFirst();
      assertEquals("complete", record.state());
      assertEquals("other", record.text("task"));
      String stored = everythingStored();
      // In the places where they were: surrogates may be Johnson, and random ids have digits.
      for (String secret :
          List.of("PHI: John\\b", "] John\\b", "\\bDoe\\b", "MRN 8847", "sk-canary", "Bearer")) {
        assertFalse(Pattern.compile(secret).matcher(stored).find(), secret);
      }
      assertTrue(stored.contains("redact PHI: "), stored);
      assertFalse(stored.contains("logprobs"), stored);
      assertEquals("OpenAI/Python", TestServer.string(object(record), "headers", "user-agent"));
      checkReceipt(rig, answer, body, "stored");
    }
  }

  private static JsonObject object(CaptureRecord record) {
    return TestServer.parse(JsonText.of(record.json()));
  }

  private static JsonObject payload(String jws) {
    return TestServer.parse(
        new String(Base64.getUrlDecoder().decode(jws.split("\\.", -1)[1]), UTF_8));
  }

  private static JsonObject finalReceipt(CaptureRig rig, Answer answer) throws Exception {
    JsonObject open = payload(answer.header("x-kolm-receipt"));
    assertEquals("open", open.string("phase"));
    TestServer.await(
        "the final receipt", () -> find(rig, answer) instanceof ReceiptIssuer.Found.Receipt);
    return payload(((ReceiptIssuer.Found.Receipt) find(rig, answer)).jws());
  }

  private static ReceiptIssuer.Found find(CaptureRig rig, Answer answer) {
    return rig.issuer.find(TestServer.string(payload(answer.header("x-kolm-receipt")), "id"));
  }

  private static void checkReceipt(CaptureRig rig, Answer answer, String body, String store)
      throws Exception {
    JsonObject last = finalReceipt(rig, answer);
    assertEquals("capture", last.string("kind"));
    assertEquals(store, last.string("store"));
    assertEquals("127.0.0.1", last.string("upstream"));
    assertEquals(ReceiptHash.plain(body.getBytes(UTF_8)), last.string("req"));
    assertEquals(ReceiptHash.plain(answer.body().getBytes(UTF_8)), last.string("res"));
    assertEquals(9, TestServer.integer(last, "usage", "in"));
  }

  @Test
  void whoOptsOutLeavesNoByte() throws Exception {
    try (CaptureRig rig = new CaptureRig(root, (_, out, _) -> json(out))) {
      for (String header :
          List.of("X-Kolm-Retention: None", "x-kolm-NO-STORE: 1", "X-KOLM-ZERO-retention: yes")) {
        Answer answer =
            RawClient.exchange(
                rig.port(),
                CaptureRig.post("/chat/completions", header + "\r\n", CHAT.formatted(NOTE, "")));
        assertEquals(ANSWER, answer.body());
        assertEquals("opted-out", answer.header("x-kolm-capture"));
        JsonObject last = finalReceipt(rig, answer);
        assertEquals("opted-out", last.string("store"));
        assertTrue(last.findString("req").isEmpty() && last.findString("res").isEmpty());
      }
      Answer kept =
          RawClient.exchange(
              rig.port(),
              CaptureRig.post(
                  "/chat/completions", "x-kolm-no-store: false\r\n", CHAT.formatted("hi", "")));
      assertEquals("on", kept.header("x-kolm-capture"));
      assertEquals(1, rig.records(1).size());
      TestServer.await("they are counted", () -> counted(rig) == 3);
      assertFalse(everythingStored().contains("redact"));
    }
  }

  private static long counted(CaptureRig rig) {
    try {
      return CaptureReader.open(rig.home, CaptureRig.NAMESPACE).meta().optedOut();
    } catch (IOException | CaptureException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aStreamComesEventByEventAndIsFolded() throws Exception {
    List<String> events =
        List.of(
            "{\"id\":\"chatcmpl-2\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Jo\"}}]}",
            "{\"id\":\"chatcmpl-2\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hn Doe is \"}}]}",
            "{\"id\":\"chatcmpl-2\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"well\"},\"finish_reason\":\"stop\"}]}",
            "[DONE]");
    ScriptedProvider.Script script =
        (_, out, _) -> {
          out.write(ScriptedProvider.chunkedHead(200, "Content-Type: text/event-stream\r\n"));
          for (String event : events) {
            out.write(
                ScriptedProvider.chunk((": c\r\ndata: " + event + "\r\n\r\n").getBytes(UTF_8)));
            out.flush();
            Thread.sleep(20);
          }
          out.write(ScriptedProvider.chunk(new byte[0]));
        };
    try (CaptureRig rig = new CaptureRig(root, script);
        RawClient client = new RawClient(rig.port())) {
      client.send(
          CaptureRig.post("/chat/completions", "", CHAT.formatted(NOTE, ",\"stream\":true")));
      Answer head = client.readHead();
      for (String event : events) {
        assertEquals(": c\r\ndata: " + event + "\r\n\r\n", new String(client.readChunk(), UTF_8));
      }
      assertEquals(0, client.readChunk().length);
      CaptureRecord record = rig.records(1).getFirst();
      assertEquals("complete", record.state());
      JsonObject json = object(record);
      assertEquals("chat.completion", TestServer.string(json, "response", "object"));
      String content = TestServer.string(json, "response", "choices", 0, "message", "content");
      assertTrue(content.endsWith(" is well") && !content.startsWith("John "), content);
      // The surrogate of the question is that of the answer.
      String asked = TestServer.string(json, "request", "messages", 0, "content");
      String name = content.substring(0, content.indexOf(" is well"));
      assertTrue(asked.contains(name), asked + " / " + content);
      String data = String.join("\n", events.subList(0, 3)) + "\n";
      assertEquals(ReceiptHash.plain(data.getBytes(UTF_8)), finalReceipt(rig, head).string("res"));
    }
  }

  @Test
  void whatBreaksOffIsCutAndNeverComplete() throws Exception {
    ScriptedProvider.Script script =
        (request, out, connection) -> {
          String kind = request.line().replaceAll(".*base/([a-z]*).*", "$1");
          byte[] event =
              "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n".getBytes(UTF_8);
          String sse = "Content-Type: text/event-stream\r\n";
          switch (kind) {
            case "refuse" -> connection.close();
            case "hole" -> Thread.sleep(4_000);
            case "middle" -> {
              out.write(ScriptedProvider.chunkedHead(200, sse));
              out.write(ScriptedProvider.chunk(event));
              out.flush();
              connection.close();
            }
            case "short" -> {
              out.write("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nabc".getBytes(UTF_8));
              connection.close();
            }
            case "nodone" -> out.write(ScriptedProvider.answer(200, sse, event));
            case "invalid" ->
                out.write(
                    ScriptedProvider.answer(
                        200, sse, "data: {no\n\ndata: [DONE]\n\n".getBytes(UTF_8)));
            case "garbage" -> {
              out.write("what is HTTP\r\n\r\n".getBytes(UTF_8));
              connection.close();
            }
            case "error" ->
                out.write(
                    ScriptedProvider.answer(
                        429, "Retry-After: 3\r\n", "{\"error\":1}".getBytes(UTF_8)));
            case "redirect" ->
                out.write(ScriptedProvider.answer(302, "Location: http://evil/\r\n", new byte[0]));
            default -> throw new IOException(kind);
          }
        };
    try (CaptureRig rig = new CaptureRig(root, script)) {
      for (String kind : List.of("refuse", "hole", "garbage")) {
        Answer answer = ask(rig, kind);
        assertEquals(kind.equals("hole") ? 504 : 502, answer.status(), kind);
        assertTrue(answer.body().contains("\"code\":\"upstream_"), answer.body());
      }
      for (String kind : List.of("middle", "short")) {
        try (RawClient client = new RawClient(rig.port())) {
          client.send(
              CaptureRig.post("/" + kind + "/chat/completions", "", CHAT.formatted("a", "")));
          assertEquals(200, client.readHead().status(), kind);
          assertThrows(
              IOException.class,
              () -> {
                while (client.readChunk().length > 0) {
                  // on to where it breaks
                }
              });
        }
      }
      assertEquals(200, ask(rig, "nodone").status());
      assertEquals(200, ask(rig, "invalid").status());
      assertEquals("3", ask(rig, "error").header("retry-after"));
      assertEquals("http://evil/", ask(rig, "redirect").header("location"));
      List<CaptureRecord> records = rig.records(9);
      assertEquals(9, records.size());
      List<String> states = records.stream().map(CaptureRecord::state).toList();
      assertEquals(
          "[incomplete, incomplete, incomplete, incomplete, incomplete, incomplete, incomplete, error, complete]",
          states.toString());
    }
  }

  private static Answer ask(CaptureRig rig, String kind) throws IOException {
    return RawClient.exchange(
        rig.port(), CaptureRig.post("/" + kind + "/chat/completions", "", CHAT.formatted("a", "")));
  }

  @Test
  void whenTheClientLeavesTheProviderIsToldAtOnce() throws Exception {
    ScriptedProvider.Script script =
        (_, out, connection) -> {
          out.write(ScriptedProvider.chunkedHead(200, "Content-Type: text/event-stream\r\n"));
          out.write(ScriptedProvider.chunk("data: {}\n\n".getBytes(UTF_8)));
          out.flush();
          connection.setSoTimeout(5_000);
          if (connection.getInputStream().read() < 0) {
            throw new IOException("closed by the relay");
          }
        };
    try (CaptureRig rig = new CaptureRig(root, script)) {
      try (RawClient client = new RawClient(rig.port())) {
        client.send(CaptureRig.post("/chat/completions", "", CHAT.formatted("a", "")));
        assertEquals(200, client.readHead().status());
      }
      long left = System.nanoTime();
      TestServer.await("the provider notices", () -> rig.provider.broken() == 1);
      long millis = (System.nanoTime() - left) / 1_000_000;
      assertTrue(millis < 1_000, "after " + millis + " ms");
      assertEquals("incomplete", rig.records(1).getFirst().state());
    }
  }

  @Test
  void randomExchangesAreTheSameAsWithoutRelay() throws Exception {
    ScriptedProvider.Script script =
        (request, out, _) -> {
          Random random = new Random(Long.parseLong(request.header("seed")));
          byte[] body = new byte[random.nextInt(20_000)];
          random.nextBytes(body);
          boolean gzip = random.nextBoolean();
          byte[] sent = gzip ? gzip(body) : body;
          String headers =
              "Content-Type: application/octet-stream\r\nX-Body: "
                  + ReceiptHash.plain(request.body())
                  + (gzip ? "\r\nContent-Encoding: gzip\r\n" : "\r\n");
          int[] statuses = {200, 201, 400, 401, 429, 500};
          int status = statuses[random.nextInt(statuses.length)];
          if (random.nextBoolean()) {
            out.write(ScriptedProvider.answer(status, headers, sent));
          } else {
            out.write(ScriptedProvider.chunkedHead(status, headers));
            for (int i = 0; i < sent.length; ) {
              int n = Math.min(sent.length - i, 1 + random.nextInt(3_000));
              out.write(ScriptedProvider.chunk(Arrays.copyOfRange(sent, i, i + n)));
              i += n;
            }
            out.write(ScriptedProvider.chunk(new byte[0]));
          }
        };
    int exchanges = Integer.getInteger("kolm.relay.exchanges", 200);
    try (CaptureRig rig = new CaptureRig(root, script);
        RawClient relayed = new RawClient(rig.port());
        RawClient direct = new RawClient(rig.provider.port())) {
      Random random = new Random(42);
      for (int seed = 0; seed < exchanges; seed++) {
        byte[] body = new byte[random.nextInt(5_000)];
        random.nextBytes(body);
        String head =
            " HTTP/1.1\r\nHost: localhost\r\nseed: %d\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
                .formatted(seed, body.length);
        Answer through = exchange(relayed, "PUT /v1/capture/any/path" + head, body);
        Answer without = exchange(direct, "PUT /base/any/path" + head, body);
        assertEquals(without.status(), through.status());
        assertEquals(without.body(), through.body());
        assertEquals(ReceiptHash.plain(body), through.header("x-body"));
        for (String name : without.headers().keySet()) {
          assertEquals(without.header(name), through.header(name), name);
        }
      }
      assertEquals(0, rig.recorder.lost());
    }
  }

  private static Answer exchange(RawClient client, String head, byte[] body) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(ISO_8859_1));
    all.writeBytes(body);
    client.send(all.toByteArray());
    Answer answer = client.readHead();
    return new Answer(
        answer.status(), answer.headers(), new String(client.readBody(answer), ISO_8859_1));
  }

  @Test
  void aLargeBodyGoesThroughAndIsNotKept() throws Exception {
    try (CaptureRig rig =
        new CaptureRig(
            root,
            (request, out, _) -> out.write(ScriptedProvider.answer(200, "", request.body())))) {
      byte[] body = new byte[Integer.getInteger("kolm.relay.mebibytes", 9) << 20];
      new Random(1).nextBytes(body);
      try (RawClient client = new RawClient(rig.port())) {
        Answer answer =
            exchange(
                client,
                "POST /v1/capture/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                    .formatted(body.length),
                body);
        assertEquals(new String(body, ISO_8859_1), answer.body());
      }
      CaptureRecord record = rig.records(1).getFirst();
      assertEquals("truncated", record.state());
      assertTrue(record.json().members().get("request") == null);
    }
  }

  @Test
  void whatHasNoRoomIsDroppedAndCounted() throws Exception {
    try (CaptureRig rig =
        new CaptureRig(root, (_, out, _) -> json(out), config -> pending(config))) {
      Answer answer =
          RawClient.exchange(
              rig.port(), CaptureRig.post("/chat/completions", "", CHAT.formatted("a", "")));
      assertEquals(ANSWER, answer.body());
      assertEquals("dropped", finalReceipt(rig, answer).string("store"));
      assertEquals(1, rig.recorder.lost());
    }
  }

  private static CaptureConfig pending(CaptureConfig config) {
    return new CaptureConfig(config.tags(), config.style(), false, 4 << 20, 256, 100);
  }

  @Test
  void aStoreThatFailsIsToldAndTheRelayGoesOn() throws Exception {
    try (CaptureRig rig = new CaptureRig(root, (_, out, _) -> json(out))) {
      Files.writeString(root.resolve("captures"), "a file where the directory should be");
      String ask = CaptureRig.post("/chat/completions", "", CHAT.formatted("a", ""));
      Answer answer = RawClient.exchange(rig.port(), ask);
      assertEquals(ANSWER, answer.body());
      assertEquals("failed", finalReceipt(rig, answer).string("store"));
      Answer next = RawClient.exchange(rig.port(), ask);
      assertEquals(ANSWER, next.body());
      assertEquals("failed", next.header("x-kolm-capture"));
      assertEquals(
          "{\"status\":\"degraded\"}",
          RawClient.exchange(rig.port(), RawClient.get("/healthz")).body());
      TestServer.await("both are counted", () -> rig.recorder.lost() == 2);
      String numbers = RawClient.exchange(rig.port(), RawClient.get("/metrics")).body();
      assertTrue(numbers.contains("kolm_capture_lost_total 2.0"), numbers);
      Files.delete(root.resolve("captures"));
      RawClient.exchange(rig.port(), ask);
      assertEquals(1, rig.records(3).size());
      assertEquals("on", RawClient.exchange(rig.port(), ask).header("x-kolm-capture"));
    }
  }

  @Test
  void nothingIsRelayedThatCannotBeRecordedIfSoWished() throws Exception {
    try (CaptureRig rig =
        new CaptureRig(root, (_, out, _) -> json(out), config -> config.withRequire(true))) {
      Files.writeString(root.resolve("captures"), "a file where the directory should be");
      String ask = CaptureRig.post("/chat/completions", "", CHAT.formatted("a", ""));
      assertEquals(200, RawClient.exchange(rig.port(), ask).status());
      TestServer.await("it fails", () -> rig.recorder.degraded());
      Answer refused = RawClient.exchange(rig.port(), ask);
      assertEquals(503, refused.status());
      assertTrue(refused.body().contains("capture_unavailable"), refused.body());
      assertEquals(1, rig.provider.seen().size());
      Files.delete(root.resolve("captures"));
      TestServer.sleep(Duration.ofMillis(1_100));
      assertEquals(200, RawClient.exchange(rig.port(), ask).status());
    }
  }

  @Test
  void laterTurnsOfAConversationAreMappedTheSameWay() throws Exception {
    try (CaptureRig rig = new CaptureRig(root, (_, out, _) -> json(out))) {
      String more =
          "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"},{\"role\":\"assistant\",\"content\":\"Mr. Doe?\"},{\"role\":\"user\",\"content\":\"yes, Dr. Smith\"}]}"
              .formatted(NOTE);
      for (String body :
          List.of(CHAT.formatted(NOTE, ""), more, CHAT.formatted(NOTE + " now", ""))) {
        RawClient.exchange(rig.port(), CaptureRig.post("/chat/completions", "", body));
      }
      List<JsonObject> records = rig.records(3).stream().map(CaptureRelayTest::object).toList();
      String first = TestServer.string(records.get(0), "request", "messages", 0, "content");
      assertEquals(first, TestServer.string(records.get(1), "request", "messages", 0, "content"));
      String family = first.split(" ", -1)[3];
      assertEquals(
          "Mr. " + family + "?",
          TestServer.string(records.get(1), "request", "messages", 1, "content"));
      String other = TestServer.string(records.get(2), "request", "messages", 0, "content");
      assertFalse(other.startsWith(first), other);
      assertTrue(TestServer.at(records.get(0), "macs", "request") instanceof Json.Str);
    }
  }
}
