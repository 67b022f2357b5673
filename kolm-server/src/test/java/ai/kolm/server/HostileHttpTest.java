package ai.kolm.server;

import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is not well-formed HTTP/1.1, comes from a web page, or costs too much. Each is answered by
 * an error of OpenAI's shape, or the connection is closed; and the server lives on.
 */
@Timeout(60)
final class HostileHttpTest {
  private static final String HOST = "Host: localhost\r\n";
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    ServerLimits limits =
        ServerLimits.DEFAULT
            .withBodyBytes(1 << 20)
            .withTimes(
                Duration.ofMillis(700),
                Duration.ofMillis(700),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ZERO);
    server =
        new TestServer(
            ServerConfig.DEFAULT.withLimits(limits).withAllowedHosts(List.of("llm.example")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /**
   * A request.
   *
   * @param name what is wrong with it
   * @param bytes all of it, one char per byte
   * @param statuses any of which is right
   * @param code of the error
   */
  record Row(String name, String bytes, List<Integer> statuses, String code) {
    Row withCode(String newCode) {
      return new Row(name, bytes, statuses, newCode);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Row row(String name, String bytes, Integer... statuses) {
    return new Row(name, bytes, List.of(statuses), "null");
  }

  private static Row get(String name, String headers, Integer... statuses) {
    return row(name, "GET /v1/models HTTP/1.1\r\n" + headers + "\r\n", statuses);
  }

  private static Row target(String name, String target, Integer... statuses) {
    return row(name, "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n", statuses);
  }

  private static Row post(String name, String headers, String body, Integer... statuses) {
    String head = "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST;
    return row(name, head + headers + "\r\n" + body, statuses);
  }

  private static Row chunked(String name, String body, Integer... statuses) {
    return post(name, "Transfer-Encoding: chunked\r\n", body, statuses);
  }

  static Stream<Row> rows() {
    return Stream.of(hosts(), lengths(), chunks(), heads(), versions(), sizes(), odd())
        .flatMap(rows -> rows);
  }

  private static Stream<Row> hosts() {
    Stream<Row> malformed =
        Stream.of(
            get("no Host", "", 400),
            row("no Host in HTTP/1.0", "GET /v1/models HTTP/1.0\r\n\r\n", 400),
            get("two Hosts", HOST + HOST, 400),
            get("user in Host", "Host: a@localhost\r\n", 400),
            get("space in Host", "Host: a b\r\n", 400),
            target("another host in the target", "http://evil.example/v1/models", 400),
            row("CONNECT", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 405));
    Stream<Row> hosts =
        Stream.of("evil.example", "localhost.evil.example", "192.0.2.1", "[2001:db8::1]", "0.0.0.0")
            .map(host -> get("Host " + host, "Host: " + host + "\r\n", 403))
            .map(row -> row.withCode("host_not_allowed"));
    Stream<Row> origins =
        Stream.of(
                "https://evil.example",
                "null",
                "http://localhost.evil.example",
                "http://localhost@evil.example",
                "not a url",
                "file://",
                "http://[",
                "")
            .map(origin -> get("Origin " + origin, HOST + "Origin: " + origin + "\r\n", 403))
            .map(row -> row.withCode("origin_not_allowed"));
    return Stream.of(malformed, hosts, origins).flatMap(rows -> rows);
  }

  private static Stream<Row> lengths() {
    return Stream.of(
        post(
            "length and chunks",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            400),
        post("two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n", "abcde", 400),
        post("a list of lengths", "Content-Length: 4, 4\r\n", "abcd", 400),
        post("length +4", "Content-Length: +4\r\n", "abcd", 400),
        post("length -1", "Content-Length: -1\r\n", "abcd", 400),
        post("length abc", "Content-Length: abc\r\n", "abcd", 400),
        post("length 2^63", "Content-Length: 9223372036854775808\r\n", "abcd", 400),
        post("empty length", "Content-Length: \r\n", "", 400),
        post("space before the colon", "Content-Length : 4\r\n", "abcd", 400),
        post("a body that does not come", "Content-Length: 99\r\n", "{", 408),
        post(
            "a body too large, declared",
            "Content-Length: 1048577\r\nExpect: 100-continue\r\n",
            "",
            413),
        post(
            "a body far too large, declared",
            "Content-Length: 9000000000000\r\nExpect: 100-continue\r\n",
            "",
            413),
        post("a body too large", "Content-Length: 1048577\r\n", "x".repeat(1048577), 413));
  }

  private static Stream<Row> chunks() {
    return Stream.of(
        post("identity, chunked", "Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n", 400),
        post("xchunked", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 400),
        post(
            "chunked twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            400),
        chunked("chunk size -1", "-1\r\nabcd\r\n0\r\n\r\n", 400),
        chunked("chunk size 0x4", "0x4\r\nabcd\r\n0\r\n\r\n", 400),
        chunked("chunk size of 17 digits", "fffffffffffffffff\r\nabcd\r\n0\r\n\r\n", 400),
        chunked("no line end after a chunk", "4\r\nabcdX0\r\n\r\n", 400),
        chunked(
            "a chunk extension of 16 KiB",
            "4;x=" + "a".repeat(16 << 10) + "\r\n{}  \r\n0\r\n\r\n",
            400,
            431),
        chunked(
            "a trailer of 16 KiB",
            "4\r\n{}  \r\n0\r\nX: " + "a".repeat(16 << 10) + "\r\n\r\n",
            400,
            431),
        chunked(
            "a body too large, in chunks",
            "100001\r\n" + "x".repeat(1048577) + "\r\n0\r\n\r\n",
            413),
        row(
            "chunks in HTTP/1.0",
            "POST /v1/chat/completions HTTP/1.0\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400));
  }

  private static Stream<Row> heads() {
    return Stream.of(
        get("a folded line", HOST + "X: a\r\n b\r\n", 400),
        get("NUL in a value", HOST + "X: a\0b\r\n", 400),
        get("a control character in a value", HOST + "X: a\1b\r\n", 400),
        get("CR in a value", HOST + "X: a\rb\r\n", 400),
        row("LF for line ends", "GET /v1/models HTTP/1.1\nHost: localhost\n\n", 400),
        get("no colon", HOST + "Xabc\r\n", 400),
        get("a space in a name", HOST + "X y: a\r\n", 400),
        get("an empty name", HOST + ": a\r\n", 400),
        row(
            "a control character in the method",
            "GE\1T /v1/models HTTP/1.1\r\n" + HOST + "\r\n",
            400),
        target("a control character in the target", "/v1/models\1", 400),
        target("a raw byte in the target", "/v1/models\u00ff", 400),
        target("%zz", "/%zz", 400),
        target("%00", "/v1/models/%00", 400),
        target("..", "/../v1/models", 400),
        target("// and ..", "//v1/..", 400, 404),
        target("a fragment", "/v1/models#x", 400),
        target("*", "*", 400, 404));
  }

  private static Stream<Row> versions() {
    return Stream.of(
        row("HTTP/9.9", "GET /v1/models HTTP/9.9\r\n" + HOST + "\r\n", 505),
        row("HTTP/1.2", "GET /v1/models HTTP/1.2\r\n" + HOST + "\r\n", 505),
        row("no version", "GET /v1/models\r\n" + HOST + "\r\n", 400, 505),
        row("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 426, 505),
        row("the start of TLS", "\u0016\3\1\2\0\1\0\1\u00fc\3\3" + "\0".repeat(500), 400));
  }

  private static Stream<Row> sizes() {
    return Stream.of(
        get("65 headers", HOST + headers(64, 1), 431),
        get("a header of 9 KiB", HOST + headers(1, 9 << 10), 431),
        get("a head of 33 KiB", HOST + headers(33, 1 << 10), 431),
        target("a target of 9 KiB", "/" + "a".repeat(9 << 10), 414),
        target("a target of 1 MiB", "/" + "a".repeat(1 << 20), 414, 431));
  }

  private static String headers(int count, int length) {
    return IntStream.range(0, count)
        .mapToObj(i -> "X-%d: %s\r\n".formatted(i, "a".repeat(length)))
        .collect(Collectors.joining());
  }

  private static Stream<Row> odd() {
    return Stream.of(
        post("an unknown expectation", "Expect: 200-maybe\r\nContent-Length: 4\r\n", "abcd", 417),
        row("TRACE", "TRACE /v1/models HTTP/1.1\r\n" + HOST + "\r\n", 405),
        row("a method in lower case", "get /v1/models HTTP/1.1\r\n" + HOST + "\r\n", 405),
        row(
                "OPTIONS from a page",
                "OPTIONS /v1/chat/completions HTTP/1.1\r\n"
                    + HOST
                    + "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n",
                403)
            .withCode("origin_not_allowed"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isRefusedInTheShapeOfAnError(Row row) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(row.bytes().getBytes(StandardCharsets.ISO_8859_1));
      Answer answer = client.read();
      assertTrue(row.statuses().contains(answer.status()), answer.toString());
      RefusedRequestsTest.checkError(answer, answer.status());
      String code = RefusedRequestsTest.text(TestServer.at(parse(answer.body()), "error", "code"));
      assertEquals(row.code(), code, answer.body());
      if (answer.header("connection").equals("close")) {
        assertTrue(client.isClosed(5_000), "says close and stays open");
      } else {
        client.send(RawClient.get("/healthz"));
        assertEquals(200, client.read().status(), "stays open and is out of step");
      }
    }
    assertEquals(200, RawClient.exchange(server.port(), RawClient.get("/healthz")).status());
  }

  @Test
  void hostsOfThisMachineAndAllowedOnesMayCall() throws IOException {
    for (String host :
        List.of(
            "localhost", "LOCALHOST:1", "127.0.0.1:8765", "127.9.9.9", "[::1]:80", "llm.example")) {
      String request = RawClient.get("/v1/models").replace("localhost", host);
      assertEquals(200, RawClient.exchange(server.port(), request).status(), host);
      String origin =
          RawClient.get("/v1/models")
              .replace("\r\n\r\n", "\r\nOrigin: http://" + host + "\r\n\r\n");
      assertEquals(200, RawClient.exchange(server.port(), origin).status(), host);
    }
  }

  @Test
  void aConnectionServesManyRequests() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      String pair = RawClient.get("/v1/models") + RawClient.chat(hello(",\"max_tokens\":2"));
      client.send(pair.repeat(50));
      for (int i = 0; i < 50; i++) {
        assertEquals("list", string(parse(client.read().body()), "object"));
        assertEquals("chat.completion", string(parse(client.read().body()), "object"));
      }
    }
  }

  @Test
  void aRequestThatComesDuringAnAnswerIsAnsweredNext() throws Exception {
    try (TestServer slow = new TestServer();
        RawClient client = new RawClient(slow.port())) {
      slow.slowDown(Duration.ofMillis(10));
      for (String stream : List.of("false", "true")) {
        client.send(
            RawClient.chat(hello(",\"max_tokens\":20,\"ignore_eos\":true,\"stream\":" + stream)));
        Thread.sleep(120);
        client.send(RawClient.get("/v1/models"));
        assertEquals(200, client.read().status());
        assertEquals("list", string(parse(client.read().body()), "object"));
      }
    }
  }

  @Test
  void upgradesAreIgnoredAndTheBodyIsKept() throws IOException {
    String upgrade =
        "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nContent-Type";
    String request =
        RawClient.chat(hello(",\"max_tokens\":2")).replace("\r\nContent-Type", upgrade);
    Answer answer = RawClient.exchange(server.port(), request);
    assertEquals("chat.completion", string(parse(answer.body()), "object"));
    String socket =
        RawClient.get("/v1/models")
            .replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assertEquals(200, RawClient.exchange(server.port(), socket).status());
  }

  @Test
  void aBodyMayComeInChunksAndAfterPermission() throws IOException {
    String body = hello(",\"max_tokens\":2");
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    StringBuilder chunks = new StringBuilder(head + "Transfer-Encoding: chunked\r\n\r\n");
    body.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
    assertEquals(
        200, RawClient.exchange(server.port(), chunks + "0\r\nX-Trailer: a\r\n\r\n").status());
    try (RawClient client = new RawClient(server.port())) {
      client.send(head + "Expect: 100-continue\r\nContent-Length: " + body.length() + "\r\n\r\n");
      TestServer.sleep(Duration.ofMillis(100));
      client.send(body);
      assertEquals(200, client.read().status());
      assertEquals(1, client.continues());
    }
  }

  @Test
  void aGoodRequestMayFollowABodyThatWasTooLarge() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.chat("x".repeat(3 << 20)));
      assertEquals(413, client.read().status());
      client.send(RawClient.get("/healthz"));
      assertEquals(200, client.read().status());
    }
  }

  @Test
  void whatFollowsABodyIsTakenForAnotherRequest() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.chat(hello(",\"max_tokens\":1")) + "garbage\r\n\r\n");
      assertEquals(200, client.read().status());
      RefusedRequestsTest.checkError(client.read(), 400);
      assertTrue(client.isClosed(5_000));
    }
  }

  @Test
  void slowHeadsAndBodiesAreCutOff() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      long start = System.nanoTime();
      client.send("GET /v1/models HTTP/1.1\r\nX: ");
      for (int i = 0; i < 40 && System.nanoTime() - start < 2_000_000_000L; i++) {
        client.send("a");
        TestServer.sleep(Duration.ofMillis(50));
      }
      RefusedRequestsTest.checkError(client.read(), 408);
      assertTrue(client.isClosed(5_000));
    }
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.chat("x".repeat(1000)).replaceAll("x+$", ""));
      for (int i = 0; i < 25; i++) {
        client.send("{");
        TestServer.sleep(Duration.ofMillis(50));
      }
      RefusedRequestsTest.checkError(client.read(), 408);
      assertTrue(client.isClosed(5_000));
    }
  }

  @Test
  void silentConnectionsAreClosed() throws IOException {
    List<RawClient> silent = new ArrayList<>(List.of(new RawClient(server.port())));
    try (RawClient second = new RawClient(server.port())) {
      second.send(RawClient.get("/healthz"));
      assertEquals(200, second.read().status());
      for (int i = 0; i < 199; i++) {
        silent.add(new RawClient(server.port()));
      }
      for (RawClient client : silent) {
        assertTrue(client.isClosed(5_000));
        client.close();
      }
      second.send(RawClient.get("/healthz")); // has idled for as long, but has been here before
      assertEquals(200, second.read().status());
      second.send("GET");
      RefusedRequestsTest.checkError(second.read(), 408);
    }
  }

  @Test
  void connectionsBeyondTheLimitWaitForTheirTurn() throws IOException {
    ServerConfig two = ServerConfig.DEFAULT.withLimits(TestServer.connections(2));
    try (TestServer small = new TestServer(two)) {
      RawClient first = new RawClient(small.port());
      try (RawClient second = new RawClient(small.port());
          RawClient third = new RawClient(small.port())) {
        for (RawClient client : List.of(first, second)) {
          client.send(RawClient.get("/healthz"));
          assertEquals(200, client.read().status());
        }
        third.send(RawClient.get("/healthz"));
        assertFalse(third.hasAnswer(), "a third connection is served");
        first.close();
        assertEquals(200, third.read().status());
      }
    }
  }

  @Test
  void theNameOfAllAddressesIsNobodys() throws IOException {
    ServerConfig everywhere = ServerConfig.DEFAULT.withAddress("0.0.0.0", 0);
    try (KolmServer all = new KolmServer(everywhere, ServedModels.of())) {
      all.start();
      assertEquals(200, RawClient.exchange(all.port(), RawClient.get("/healthz")).status());
      String wildcard = RawClient.get("/healthz").replace("localhost", "0.0.0.0");
      assertEquals(403, RawClient.exchange(all.port(), wildcard).status());
    }
  }
}
