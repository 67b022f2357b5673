package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
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
  private final HttpServer server;

  /**
   * @param rule from what a user says to the answer
   */
  ScriptedCloud(UnaryOperator<String> rule) throws IOException {
    this.rule = rule;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", this::answer);
    server.start();
  }

  /** As the flag that names providers takes it. */
  String named() {
    return "cloud=http://127.0.0.1:%d/v1".formatted(server.getAddress().getPort());
  }

  /** From now on there are few faults. */
  void calm() {
    calm = true;
  }

  private void answer(HttpExchange exchange) throws IOException {
    int number = requests.incrementAndGet();
    try (exchange) {
      JsonObject request =
          JsonReader.readObject(exchange.getRequestBody().readAllBytes(), JsonLimits.DEFAULT);
      if (calm ? number % RARELY == 0 : number % BUSY == 0 || number % BROKEN == 0) {
        int status = number % BUSY == 0 ? 429 : 500;
        send(exchange, status, "application/json", "{\"error\":{\"message\":\"try again\"}}");
        return;
      }
      List<JsonObject> messages = request.objects("messages");
      String text = rule.apply(messages.getLast().string("content"));
      if (request.bool("stream", false)) {
        stream(exchange, text);
      } else {
        send(exchange, 200, "application/json", whole(text));
      }
    } catch (JsonException e) {
      send(exchange, 400, "application/json", "{\"error\":{\"message\":\"no JSON\"}}");
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

  private static void stream(HttpExchange exchange, String text) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    int half = text.length() / 2;
    for (String piece : List.of(text.substring(0, half), text.substring(half))) {
      out.write(
          "data: {\"id\":\"c\",\"model\":\"big-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":%s}}]}\n\n"
              .formatted(quoted(piece))
              .getBytes(UTF_8));
      out.flush();
    }
    out.write(
        "data: {\"id\":\"c\",\"model\":\"big-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
            .getBytes(UTF_8));
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
