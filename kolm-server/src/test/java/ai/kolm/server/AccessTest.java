package ai.kolm.server;

import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys, web pages of other origins, TLS, and the log in JSON. */
@Timeout(60)
final class AccessTest {
  private static final String KEY = "sk-first-0123456789";

  private static ServerConfig with(ServerAccess access) {
    return ServerConfig.DEFAULT.withAccess(access);
  }

  private static String withHeader(String request, String header) {
    return request.replaceFirst("\r\n", "\r\n" + header + "\r\n");
  }

  private static Answer get(TestServer server, String path, String header) throws IOException {
    String request = RawClient.get(path);
    return RawClient.exchange(
        server.port(), header.isEmpty() ? request : withHeader(request, header));
  }

  @Test
  void everyRouteButHealthWantsAKey() throws IOException {
    ApiKeys keys = ApiKeys.of(List.of(KEY, "sk-second"));
    try (TestServer server = new TestServer(with(ServerAccess.OPEN.withKeys(keys)))) {
      String wrong = "";
      for (String path :
          List.of("/v1/models", "/readyz", "/metrics", "/v1/kolm/info", "/v1/nope", "/")) {
        for (String header :
            List.of(
                "",
                "Authorization: Bearer wrong",
                "Authorization: Bearer ",
                "Authorization: Basic " + KEY,
                "Authorization: " + KEY,
                "Authorization: Bearer " + "x".repeat(4000))) {
          Answer answer = get(server, path, header);
          JsonObject error = RefusedRequestsTest.checkError(answer, 401);
          assertEquals("invalid_api_key", string(error, "error", "code"));
          assertEquals("Bearer", answer.header("www-authenticate"));
          wrong = wrong.isEmpty() ? answer.body() : wrong;
          assertEquals(wrong, answer.body(), "the same words for all");
        }
      }
      assertEquals(401, get(server, "/v1/models?key=" + KEY, "").status());
      assertEquals(401, server.chat(hello("")).status());
      assertEquals(200, get(server, "/healthz", "").status());
      for (String key : List.of(KEY, "sk-second")) {
        assertEquals(200, get(server, "/v1/models", "Authorization: Bearer " + key).status());
        assertEquals(200, get(server, "/v1/models", "authorization: bearer  " + key).status());
      }
      assertEquals(404, get(server, "/v1/nope", "Authorization: Bearer " + KEY).status());
    }
  }

  @Test
  void noRouteIsForgotten() throws IOException {
    try (TestServer server =
        new TestServer(with(ServerAccess.OPEN.withKeys(ApiKeys.of(List.of(KEY)))))) {
      int refused = 0;
      for (Router.Route route : server.server().routes()) {
        String path = route.path().endsWith("/") ? route.path() + "x" : route.path();
        String request =
            route.takes("GET") ? RawClient.get(path) : RawClient.post(path, TestServer.hello(""));
        Answer answer = RawClient.exchange(server.port(), request);
        if (path.equals("/healthz")) {
          assertEquals(200, answer.status());
        } else {
          RefusedRequestsTest.checkError(answer, 401);
          refused++;
        }
      }
      assertEquals(12, refused, "routes of this server that want a key");
    }
  }

  @Test
  void keysAreReadFromAFile(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("keys");
    Files.writeString(file, "# clients\n  one  \n\ntwo\n");
    ApiKeys keys = ApiKeys.read(file);
    assertTrue(keys.allow("Bearer one") && keys.allow("Bearer two"));
    assertFalse(keys.allow("Bearer # clients") || keys.allow("Bearer ") || keys.allow(null));
    assertFalse(keys.toString().contains("one"));
    for (String bad : List.of("", "# none\n", "with space\n", "x".repeat(257), "é\n")) {
      Files.writeString(file, bad);
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> ApiKeys.read(file), bad);
      assertFalse(String.valueOf(refused.getMessage()).contains("with space"));
    }
  }

  @Test
  void pagesOfAllowedOriginsMayReadAnswers() throws IOException {
    ServerAccess access =
        ServerAccess.OPEN
            .withOrigins(List.of("https://app.example"))
            .withKeys(ApiKeys.of(List.of(KEY)));
    try (TestServer server = new TestServer(with(access))) {
      String preflight =
          RawClient.get("/v1/chat/completions")
              .replace("GET", "OPTIONS")
              .replaceFirst(
                  "\r\n",
                  String.join(
                      "\r\n",
                      "",
                      "Origin: https://app.example",
                      "Access-Control-Request-Method: POST",
                      "Access-Control-Request-Headers: authorization, x-stainless-os",
                      ""));
      Answer allowed = RawClient.exchange(server.port(), preflight);
      assertEquals(204, allowed.status());
      assertEquals("https://app.example", allowed.header("access-control-allow-origin"));
      assertEquals("authorization, x-stainless-os", allowed.header("access-control-allow-headers"));
      Answer read =
          get(
              server,
              "/v1/models",
              "Authorization: Bearer " + KEY + "\r\nOrigin: https://app.example");
      assertEquals(200, read.status());
      assertEquals("https://app.example", read.header("access-control-allow-origin"));
      assertTrue(read.header("access-control-expose-headers").contains("x-kolm-receipt"));
      Answer refused = get(server, "/v1/models", "Origin: https://app.example");
      assertEquals(401, refused.status());
      assertEquals("https://app.example", refused.header("access-control-allow-origin"));
      String stream =
          withHeader(
              RawClient.chat(hello(",\"stream\":true,\"max_tokens\":2")),
              "Authorization: Bearer " + KEY + "\r\nOrigin: https://app.example");
      assertEquals(
          "https://app.example",
          RawClient.exchange(server.port(), stream).header("access-control-allow-origin"));
      for (String other : List.of("https://app.example.evil", "http://app.example", "null")) {
        Answer foreign =
            RawClient.exchange(server.port(), preflight.replace("https://app.example", other));
        assertEquals(403, foreign.status(), other);
        assertEquals("", foreign.header("access-control-allow-origin"));
      }
      String odd = preflight.replace("x-stainless-os", "x<script>");
      assertEquals(
          "", RawClient.exchange(server.port(), odd).header("access-control-allow-headers"));
    }
    try (TestServer closed = new TestServer()) {
      String asked =
          RawClient.get("/v1/models")
              .replace("GET", "OPTIONS")
              .replaceFirst(
                  "\r\n",
                  "\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n");
      assertEquals(405, RawClient.exchange(closed.port(), asked).status());
    }
    List<String> bad =
        List.of(
            "*", "app.example", "https://app.example/", "file://x", "http://[::1", "http://[x]");
    for (String origin : bad) {
      assertThrows(
          IllegalArgumentException.class,
          () -> ServerAccess.OPEN.withOrigins(List.of(origin)),
          origin);
    }
  }

  @Test
  void originsMayBeAddresses() throws IOException {
    List<String> origins = List.of("http://127.0.0.1:3000", "http://[::1]", "http://[::1]:3000");
    try (TestServer server = new TestServer(with(ServerAccess.OPEN.withOrigins(origins)))) {
      for (String origin : origins) {
        Answer answer = get(server, "/v1/models", "Origin: " + origin);
        assertEquals(200, answer.status(), origin);
        assertEquals(origin, answer.header("access-control-allow-origin"));
      }
    }
  }

  /** A certificate of localhost and its key, made by the JDK's own tool. */
  private static List<Path> pem(Path directory) throws Exception {
    Path store = directory.resolve("store");
    Process tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, tool.waitFor(), said);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    byte[] key = keys.getKey("server", "changeit".toCharArray()).getEncoded();
    return List.of(
        pem(directory.resolve("crt"), "CERTIFICATE", keys.getCertificate("server").getEncoded()),
        pem(directory.resolve("key"), "PRIVATE KEY", key));
  }

  private static Path pem(Path file, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder().encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    Certificate trusted =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(certificate)));
    store.setCertificateEntry("server", trusted);
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  @Test
  void tlsServesAnswersAndStreams(@TempDir Path directory) throws Exception {
    List<Path> pem = pem(directory);
    Path certificate = pem.getFirst();
    TlsIdentity identity = TlsIdentity.read(certificate, pem.getLast());
    try (TestServer server = new TestServer(with(ServerAccess.OPEN.withTls(identity)));
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(certificate)).build()) {
      for (String more :
          List.of(",\"max_tokens\":3", ",\"max_tokens\":3,\"stream\":true", ",\"n\":0")) {
        HttpRequest request =
            HttpRequest.newBuilder(
                    URI.create("https://localhost:%d/v1/chat/completions".formatted(server.port())))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(hello(more)))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(more.contains("n\":0") ? 400 : 200, answer.statusCode(), answer.body());
        assertTrue(answer.sslSession().isPresent());
        assertEquals(more.contains("stream"), answer.body().endsWith("data: [DONE]\n\n"));
      }
    }
  }

  @Test
  void whatIsNoPairIsRefused(@TempDir Path directory) throws Exception {
    List<Path> pem = pem(directory);
    Path certificate = pem.getFirst();
    Path key = pem.getLast();
    assertThrows(IllegalArgumentException.class, () -> TlsIdentity.read(key, key));
    assertThrows(IllegalArgumentException.class, () -> TlsIdentity.read(certificate, certificate));
    Path broken = Files.writeString(directory.resolve("b"), Files.readString(key).substring(0, 90));
    assertThrows(IllegalArgumentException.class, () -> TlsIdentity.read(certificate, broken));
  }

  @Test
  void linesOfTheLogAreObjects() throws Exception {
    List<String> lines = new java.util.concurrent.CopyOnWriteArrayList<>();
    Handler handler =
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
    logger.addHandler(handler);
    try (TestServer server =
        new TestServer(ServerConfig.DEFAULT.withOptions(new ServerOptions(false, false, true)))) {
      server.chat(hello(",\"max_tokens\":2"));
      RawClient.exchange(server.port(), RawClient.get("/v1/\"%22x"));
      RawClient.exchange(server.port(), "nonsense\r\n\r\n");
      TestServer.await("three lines", () -> lines.size() >= 3);
    } finally {
      logger.removeHandler(handler);
    }
    JsonObject first = TestServer.parse(lines.getFirst());
    assertEquals("/v1/chat/completions", string(first, "path"));
    assertEquals(200, TestServer.integer(first, "status"));
    assertEquals(2, TestServer.integer(first, "completion_tokens"));
    for (String line : lines) {
      TestServer.parse(line);
    }
  }
}
