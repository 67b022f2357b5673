package ai.kolm.server;

import static ai.kolm.server.TestServer.hello;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Secrets are planted wherever a client, or who starts the server, can put one; every kind of
 * answer and refusal is provoked; then none may be where others look: log, metrics, info, receipts
 * and the names of threads.
 */
@Timeout(120)
final class SecretsTest {
  private static final int CANARIES = 25;

  /** Each is a word of its own that occurs nowhere else. */
  private static String canary(int number) {
    return "CANARY%02dxq".formatted(number);
  }

  private static final class Log extends Handler {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord entry) {
      StringBuilder line = new StringBuilder(String.valueOf(entry.getMessage()));
      Object[] parameters = entry.getParameters();
      for (Object parameter : parameters == null ? new Object[0] : parameters) {
        line.append(' ').append(parameter);
      }
      for (Throwable e = entry.getThrown(); e != null; e = e.getCause()) {
        line.append(' ').append(e);
      }
      lines.add(line.toString());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private static String chat(String content, String more) {
    return hello(more).replace("Hello", content);
  }

  /** Without the token after which the model fails, which is drawn now and then else. */
  private static String sound(String more) {
    return hello(",\"logit_bias\":{\"50\":-100}" + more);
  }

  /** Requests that hold canaries 1 to 23, answered and refused in all ways there are. */
  private static List<String> requests() {
    List<String> requests = new ArrayList<>();
    for (String more :
        List.of(
            ",\"max_tokens\":2",
            ",\"max_tokens\":2,\"stream\":true",
            ",\"temperature\":7",
            ",\"max_tokens\":40,\"logit_bias\":{\"50\":100}")) {
      requests.add(RawClient.chat(chat(canary(1) + more.length(), more)));
    }
    requests.add(RawClient.chat(chat(canary(2).repeat(900), "")));
    requests.add(RawClient.chat(sound(",\"user\":\"%s\"".formatted(canary(3)))));
    requests.add(RawClient.chat(sound(",\"metadata\":{\"%s\":\"x\"}".formatted(canary(4)))));
    requests.add(RawClient.chat(sound(",\"stop\":\"%s\"".formatted(canary(5)))));
    requests.add(RawClient.chat(sound(",\"%s\":1".formatted(canary(6)))));
    requests.add(RawClient.chat(sound(",\"reasoning_effort\":\"%s\"".formatted(canary(7)))));
    requests.add(RawClient.chat("{\"model\":\"fake\",\"messages\":\"" + canary(8)));
    requests.add(RawClient.chat(sound("").replace("fake.kolm", canary(9))));
    requests.add(RawClient.chat(sound(",\"prompt_cache_key\":\"%s\"".formatted(canary(10)))));
    requests.add(
        RawClient.chat(
            sound(
                ",\"prediction\":{\"type\":\"content\",\"content\":\"%s\"}"
                    .formatted(canary(11)))));
    requests.add(
        RawClient.chat(
            sound(
                ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"const\":\"%s\"}}}"
                    .formatted(canary(12)))));
    requests.add(
        RawClient.chat(
            sound(
                ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"%s\"}}}"
                    .formatted(canary(13)))));
    requests.add(
        RawClient.chat(
            sound(
                ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"%s\"}}]"
                    .formatted(canary(14)))));
    String completion = "{\"model\":\"fake\",\"prompt\":\"%s\",\"echo\":true%s}";
    requests.add(
        RawClient.post("/v1/completions", completion.formatted(canary(15), ",\"max_tokens\":1")));
    requests.add(
        RawClient.post(
            "/v1/completions",
            completion.formatted("x", ",\"suffix\":\"%s\"").formatted(canary(16))));
    requests.add(
        RawClient.post(
            "/v1/responses",
            "{\"model\":\"fake\",\"input\":\"%s\",\"instructions\":\"%s\"}"
                .formatted(canary(17), canary(18))));
    requests.add(
        RawClient.post(
            "/v1/embeddings", "{\"model\":\"fake\",\"input\":\"%s\"}".formatted(canary(19))));
    requests.add(RawClient.get("/v1/models?api_key=" + canary(20)));
    requests.add(
        RawClient.get("/v1/models").replaceFirst("\r\n", "\r\nCookie: " + canary(21) + "\r\n"));
    requests.add(RawClient.get("/v1/models").replace("Host: localhost", "Host: " + canary(22)));
    requests.add("BAD " + canary(23) + "\r\n\r\n");
    return requests;
  }

  private static String withKey(String request, String key) {
    return request.replaceFirst("\r\n", "\r\nAuthorization: Bearer " + key + "\r\n");
  }

  @Test
  void secretsStayWhereTheyBelong() throws Exception {
    Log log = new Log();
    Logger root = Logger.getLogger("");
    Logger kolm = Logger.getLogger("ai.kolm");
    Level before = kolm.getLevel();
    kolm.setLevel(Level.ALL);
    root.addHandler(log);
    StringBuilder seen = new StringBuilder();
    ServerAccess access = ServerAccess.OPEN.withKeys(ApiKeys.of(List.of(canary(24))));
    ServerConfig config = ServerConfig.DEFAULT.withAccess(access);
    try (TestServer server = new TestServer(config, ai.kolm.engine.EngineLimits.DEFAULT, 50)) {
      int answered = 0;
      for (String request : requests()) {
        for (String key : List.of(canary(24), canary(25))) {
          Answer answer = RawClient.exchange(server.port(), withKey(request, key));
          answered += answer.status() == 200 ? 1 : 0;
          seen.append(answer.header("x-kolm-receipt")).append('\n');
          assertFalse(answer.body().contains(canary(24)), "a key in an answer");
          assertFalse(answer.body().contains(canary(25)), "a key in an answer");
        }
      }
      assertTrue(answered > 8, "only %d requests were answered".formatted(answered));
      seen.append(read(server, "/metrics")).append(read(server, "/v1/kolm/info"));
      seen.append(config).append(access);
    } finally {
      root.removeHandler(log);
      kolm.setLevel(before);
    }
    assertTrue(log.lines.size() > 40, "the log was not seen: " + log.lines.size());
    log.lines.forEach(line -> seen.append(line).append('\n'));
    Thread.getAllStackTraces().keySet().forEach(thread -> seen.append(thread.getName()));
    List<String> found = new ArrayList<>();
    for (int i = 1; i <= CANARIES; i++) {
      String base64 =
          java.util.Base64.getUrlEncoder()
              .encodeToString(canary(i).getBytes(java.nio.charset.StandardCharsets.UTF_8))
              .substring(0, 12);
      if (seen.indexOf(canary(i)) >= 0 || seen.indexOf(base64) >= 0) {
        found.add(canary(i));
      }
    }
    assertEquals(List.of(), found);
  }

  private static String read(TestServer server, String path) throws IOException {
    Answer answer = RawClient.exchange(server.port(), withKey(RawClient.get(path), canary(24)));
    assertEquals(200, answer.status());
    return answer.body();
  }

  /** The search finds what is there: a path is part of the log. */
  @Test
  void aPlantedLeakIsFound() throws Exception {
    Log log = new Log();
    Logger access = Logger.getLogger("ai.kolm.server.access");
    access.addHandler(log);
    try (TestServer server = new TestServer()) {
      RawClient.exchange(server.port(), RawClient.get("/" + canary(1)));
      TestServer.await("it is logged", () -> !log.lines.isEmpty());
    } finally {
      access.removeHandler(log);
    }
    assertTrue(log.lines.getFirst().contains(canary(1)), log.lines.getFirst());
  }
}
