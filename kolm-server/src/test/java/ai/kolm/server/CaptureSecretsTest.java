package ai.kolm.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 25 secrets go through the relay, wherever a client or a provider can put one: keys, cookies,
 * queries, and what names people in questions, answers, tools, streams, errors, sounds and broken
 * texts. All of them reach the other side; none is in a file, the log, a receipt, the metrics or
 * the name of a thread.
 */
@Timeout(120)
class CaptureSecretsTest {
  /** Keys, which are kept nowhere at all. */
  private static final List<String> KEYS =
      List.of(
          "sk-canary-aaaaaaaaaaaaaaaaaaaa01",
          "xapikeycanary02aaaaaaaaaaaaaaaa",
          "azurekeycanary03aaaaaaaaaaaaaaa",
          "sessioncanary04aaaaaaaaaaaaaaa",
          "querykeycanary05aaaaaaaaaaaaaa",
          "proxycanary06aaaaaaaaaaaaaaaaa",
          "setcookiecanary07aaaaaaaaaaaaa",
          "organisationcanary08aaaaaaaaaa",
          "agentcommentcanary09aaaaaaaaaa");

  /** What names people: as it is written in a text, and the part that must be gone. */
  private static final List<List<String>> PEOPLE =
      List.of(
          List.of("patient Zebulon Quillfeather", "Quillfeather"),
          List.of("MRN 88472913", "88472913"),
          List.of("SSN 219-09-9997", "219-09-9997"),
          List.of("call (415) 555-2671", "555-2671"),
          List.of("mail zq.canary@posteo.de", "zq.canary"),
          List.of("DOB 03/17/1961", "03/17/1961"),
          List.of("lives at 4417 Larkspur Street", "4417 Larkspur"),
          List.of("card 4111 1111 1111 1111", "4111 1111 1111 1111"),
          List.of("see https://clinic-canary.net/p/12345", "clinic-canary"),
          List.of("from 83.12.44.91", "83.12.44.91"),
          List.of("account number QXC-55512345", "55512345"),
          List.of("token ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdef"),
          List.of("IBAN DE89 3704 0044 0532 0130 00", "3704 0044"),
          List.of("Dr. Oswaldine Thistlewood", "Thistlewood"),
          List.of("admitted 2023-11-05", "2023-11-05"),
          List.of("VIN 1HGCM82633A004352", "1HGCM82633A004352"));

  @TempDir private Path root;

  private static final class Log extends Handler {
    private final StringBuilder text = new StringBuilder();

    @Override
    public synchronized void publish(LogRecord entry) {
      text.append(entry.getMessage());
      Object[] parameters = entry.getParameters();
      for (Object parameter : parameters == null ? new Object[0] : parameters) {
        text.append(' ').append(parameter);
      }
      for (Throwable e = entry.getThrown(); e != null; e = e.getCause()) {
        text.append(' ').append(e);
      }
      text.append('\n');
    }

    synchronized String said() {
      return text.toString();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private static String people() {
    return PEOPLE.stream().map(List::getFirst).reduce("", (a, b) -> a + ". " + b);
  }

  private static String chat(String more) {
    return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}"
        .formatted(people(), more);
  }

  private static String headers() {
    return "Authorization: Bearer %s\r\nx-api-key: %s\r\napi-key: %s\r\nCookie: s=%s\r\nProxy-Authorization: Basic %s\r\nOpenAI-Organization: %s\r\nUser-Agent: Client/1 (%s)\r\n"
        .formatted(
            KEYS.get(0),
            KEYS.get(1),
            KEYS.get(2),
            KEYS.get(3),
            KEYS.get(5),
            KEYS.get(7),
            KEYS.get(8));
  }

  private static String ask(String path, String more, String body) {
    return CaptureRig.post(path + "?api_key=" + KEYS.get(4), headers() + more, body);
  }

  private static List<String> requests() {
    String tool =
        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"%s\"}}]"
            .formatted(people());
    String part = "--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n";
    return List.of(
        ask("/plain/chat/completions", "", chat("")),
        ask("/stream/chat/completions", "", chat(",\"stream\":true")),
        ask("/calls/chat/completions", "", chat(tool)),
        ask("/error/chat/completions", "", chat("")),
        ask("/plain/chat/completions", "", "{\"messages\": " + people()),
        ask("/text/chat/completions", "", chat("")),
        ask("/broken/chat/completions", "", chat(",\"stream\":true")),
        ask("/plain/audio/transcriptions", "", part + people() + "\r\n--x--\r\n"),
        ask("/plain/files/" + "unknown", "", people()),
        ask("/plain/chat/completions", "x-kolm-no-store: 1\r\n", chat("")));
  }

  private static void script(
      ScriptedProvider.Seen request, java.io.OutputStream out, java.net.Socket connection)
      throws IOException {
    String kind = request.line().replaceAll(".*base/([a-z]*).*", "$1");
    String json = "Content-Type: application/json\r\nSet-Cookie: id=" + KEYS.get(6) + "\r\n";
    String message = "{\"choices\":[{\"index\":0,\"%s\":{%s},\"finish_reason\":\"stop\"}]}";
    String content = "\"role\":\"assistant\",\"content\":\"%s\"".formatted(people());
    String sse = "Content-Type: text/event-stream\r\n";
    String event = "data: " + message.formatted("delta", content) + "\n\n";
    switch (kind) {
      case "stream" ->
          out.write(
              ScriptedProvider.answer(200, sse, (event + "data: [DONE]\n\n").getBytes(UTF_8)));
      case "broken" -> {
        out.write(ScriptedProvider.chunkedHead(200, sse));
        out.write(ScriptedProvider.chunk(event.getBytes(UTF_8)));
        out.flush();
        connection.close();
      }
      case "calls" -> {
        String call =
            "\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"note\\\":\\\"%s\\\"}\"}}]"
                .formatted(people());
        byte[] body = message.formatted("message", call).getBytes(UTF_8);
        out.write(ScriptedProvider.answer(200, json, body));
      }
      case "error" ->
          out.write(
              ScriptedProvider.answer(
                  400,
                  json,
                  "{\"error\":{\"message\":\"what is %s?\"}}".formatted(people()).getBytes(UTF_8)));
      case "text" ->
          out.write(
              ScriptedProvider.answer(
                  502, "Content-Type: text/html\r\n", people().getBytes(UTF_8)));
      default ->
          out.write(
              ScriptedProvider.answer(
                  200, json, message.formatted("message", content).getBytes(UTF_8)));
    }
  }

  @Test
  void secretsPassThroughAndStayNowhere() throws Exception {
    Log log = new Log();
    Logger kolm = Logger.getLogger("ai.kolm");
    Level before = kolm.getLevel();
    kolm.setLevel(Level.ALL);
    kolm.addHandler(log);
    StringBuilder seen = new StringBuilder();
    try (CaptureRig rig = new CaptureRig(root, CaptureSecretsTest::script)) {
      List<String> receipts = new ArrayList<>();
      for (String request : requests()) {
        try (RawClient client = new RawClient(rig.port())) {
          client.send(request);
          Answer head = client.readHead();
          receipts.add(head.header("x-kolm-receipt"));
          if (!request.contains("/broken/")) {
            client.readBody(head);
          }
        }
      }
      rig.records(requests().size() - 1);
      TestServer.await("it is counted", () -> rig.recorder.optedOut() == 1);
      everythingArrived(rig);
      for (String open : receipts) {
        seen.append(decoded(open)).append(decoded(last(rig, open)));
      }
      seen.append(RawClient.exchange(rig.port(), RawClient.get("/metrics")).body());
      seen.append(RawClient.exchange(rig.port(), RawClient.get("/healthz")).body());
      Thread.getAllStackTraces().keySet().forEach(thread -> seen.append(thread.getName()));
    } finally {
      kolm.removeHandler(log);
      kolm.setLevel(before);
    }
    assertTrue(log.said().lines().count() > 5, "the log was not seen");
    seen.append(log.said());
    int files = 0;
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        seen.append(Files.readString(file, ISO_8859_1));
        files++;
      }
    }
    assertTrue(files >= 3, files + " files");
    assertEquals(List.of(), found(seen.toString()));
    // The search finds what is there.
    assertEquals(25, found(seen + people() + KEYS).size());
  }

  private static List<String> found(String text) {
    List<String> found = new ArrayList<>();
    for (String key : KEYS) {
      if (text.contains(key)) {
        found.add(key);
      }
    }
    for (List<String> one : PEOPLE) {
      if (text.contains(one.get(1))) {
        found.add(one.get(1));
      }
    }
    return found;
  }

  /** What is sent by the client is seen by the provider: secrets are not lost, but passed on. */
  private static void everythingArrived(CaptureRig rig) {
    String sent = rig.provider.seen().getFirst().head();
    String body = new String(rig.provider.seen().getFirst().body(), UTF_8);
    for (int key : new int[] {0, 1, 2, 3, 4, 7, 8}) {
      assertTrue(sent.contains(KEYS.get(key)), KEYS.get(key));
    }
    assertTrue(body.contains(people()), body);
  }

  private static String last(CaptureRig rig, String open) throws Exception {
    String id = TestServer.string(TestServer.parse(payload(open)), "id");
    TestServer.await(
        "the final receipt", () -> rig.issuer.find(id) instanceof ReceiptIssuer.Found.Receipt);
    return ((ReceiptIssuer.Found.Receipt) rig.issuer.find(id)).jws();
  }

  private static String payload(String jws) {
    return new String(Base64.getUrlDecoder().decode(jws.split("\\.", -1)[1]), UTF_8);
  }

  private static String decoded(String jws) {
    return jws + payload(jws) + "\n";
  }
}
