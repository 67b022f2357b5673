package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.server.ScriptedProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A provider on a real port: answers chat completions, plain and streamed, by a rule. Every 17th
 * request finds it busy, every 41st broken, as real ones are; later, only every 101st.
 */
final class ScriptedCloud implements AutoCloseable {
  private static final int BUSY = 17;
  private static final int BROKEN = 41;
  private static final int RARELY = 101;

  private final UnaryOperator<String> rule;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile boolean calm;
  private final ScriptedProvider provider;

  /**
   * @param rule from what a user says to the answer
   */
  ScriptedCloud(UnaryOperator<String> rule) throws IOException {
    this.rule = rule;
    provider = new ScriptedProvider((request, out, _) -> answer(request.body(), out));
  }

  /** As the flag that names providers takes it. */
  String named() {
    return "cloud=http://127.0.0.1:%d/v1".formatted(provider.port());
  }

  /** From now on there are few faults. */
  void calm() {
    calm = true;
  }

  private void answer(byte[] body, OutputStream out) throws IOException, JsonException {
    int number = requests.incrementAndGet();
    if (calm ? number % RARELY == 0 : number % BUSY == 0 || number % BROKEN == 0) {
      int status = number % BUSY == 0 ? 429 : 500;
      send(out, status, "application/json", "{\"error\":{\"message\":\"try again\"}}");
      return;
    }
    JsonObject request = JsonReader.readObject(body, JsonLimits.DEFAULT);
    String text = rule.apply(request.objects("messages").getLast().string("content"));
    if (request.bool("stream", false)) {
      send(out, 200, "text/event-stream", events(text));
    } else {
      send(out, 200, "application/json", whole(text));
    }
  }

  private static String quoted(String text) {
    return JsonText.of(new Json.Str(text));
  }

  private static String whole(String text) {
    return """
    {"id":"c","object":"chat.completion","model":"big-1","choices":[{"index":0,"message":\
    {"role":"assistant","content":%s},"finish_reason":"stop"}],\
    "usage":{"prompt_tokens":40,"completion_tokens":4,"total_tokens":44}}"""
        .formatted(quoted(text));
  }

  private static String events(String text) {
    int half = text.length() / 2;
    StringBuilder events = new StringBuilder();
    for (String piece : List.of(text.substring(0, half), text.substring(half))) {
      events.append(
          "data: {\"id\":\"c\",\"model\":\"big-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":%s}}]}\n\n"
              .formatted(quoted(piece)));
    }
    return events
        + "data: {\"id\":\"c\",\"model\":\"big-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  }

  private static void send(OutputStream out, int status, String type, String body)
      throws IOException {
    String headers = "Content-Type: %s\r\n".formatted(type);
    out.write(ScriptedProvider.answer(status, headers, body.getBytes(UTF_8)));
  }

  @Override
  public void close() throws IOException {
    provider.close();
  }
}
