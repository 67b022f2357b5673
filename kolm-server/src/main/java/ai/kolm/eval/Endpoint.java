package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamException;
import ai.kolm.upstream.UpstreamExchange;
import ai.kolm.upstream.UpstreamRequest;
import java.io.ByteArrayOutputStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model behind the schema of OpenAI, or of Anthropic. Local and remote ones are asked by this
 * same code. For one thread.
 */
public final class Endpoint {
  private static final int ATTEMPTS = 3;
  private static final long PAUSE_MILLIS = 500;
  private static final int MAX_ANSWER = 16 << 20;
  private static final int SEED = 20;

  private final UpstreamClient client;
  private final Provider provider;
  private final String model;
  private final String key;
  private final Dialect dialect;

  /**
   * @param client calls it
   * @param provider where it is
   * @param model its name there
   * @param key sent as the provider wants it; empty: none is sent
   */
  public Endpoint(UpstreamClient client, Provider provider, String model, String key) {
    this.client = client;
    this.provider = provider;
    this.model = model;
    this.key = key;
    dialect = Dialect.of(provider);
  }

  /** What is sent for a case: temperature 0 and a fixed seed, unless it says otherwise. */
  static Json.Obj request(EvalCase one, String model) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("model", new Json.Str(model));
    members.put("temperature", new Json.Int(0));
    members.put("seed", new Json.Int(SEED));
    one.request().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> members.put(entry.getKey(), entry.getValue()));
    return new Json.Obj(members);
  }

  /**
   * Asks; what fails is tried three times, a refusal is not.
   *
   * @throws EvalException if this provider cannot be asked that
   */
  public Answer ask(EvalCase one) throws EvalException {
    byte[] body = JsonText.of(dialect.request(one, model)).getBytes(UTF_8);
    Answer answer = Answer.failed("not asked", 0);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) {
        pause(attempt);
      }
      long start = System.nanoTime();
      try {
        answer = ask(body, start);
        boolean again =
            answer.error().startsWith("status 5") || answer.error().equals("status 429");
        if (!again) {
          return answer;
        }
      } catch (UpstreamException e) {
        answer = Answer.failed(e.reason().id(), millis(start));
      } catch (URISyntaxException e) {
        throw new IllegalStateException("the base of a provider is a valid URL", e);
      }
    }
    return answer;
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(PAUSE_MILLIS << attempt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double millis(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private Answer ask(byte[] body, long start) throws UpstreamException, URISyntaxException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("User-Agent", "kolm-eval");
    headers.putAll(dialect.headers(key));
    UpstreamRequest request =
        new UpstreamRequest(
            "POST",
            provider.at(dialect.path()),
            headers.entrySet().stream()
                .map(header -> new UpstreamRequest.Header(header.getKey(), header.getValue()))
                .toList(),
            Optional.of(new UpstreamRequest.Whole(body)));
    try (UpstreamExchange exchange = client.start(request)) {
      UpstreamExchange.Head head = exchange.head();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (ByteBuffer piece = exchange.next(); piece != null; piece = exchange.next()) {
        byte[] copy = new byte[piece.remaining()];
        piece.get(copy);
        bytes.writeBytes(copy);
        if (bytes.size() > MAX_ANSWER) {
          return Answer.failed("answer too long", millis(start));
        }
      }
      double millis = millis(start);
      return head.status() == 200
          ? parse(bytes.toByteArray(), millis, receipt(head.headers()))
          : Answer.failed("status " + head.status(), millis);
    }
  }

  private static String receipt(List<UpstreamRequest.Header> headers) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase("x-kolm-receipt"))
        .map(UpstreamRequest.Header::value)
        .findFirst()
        .orElse("");
  }

  private Answer parse(byte[] body, double millis, String receipt) {
    try {
      Json.Obj json = JsonReader.readObject(body, JsonLimits.DEFAULT).json();
      return dialect.answer(json, millis, receipt);
    } catch (JsonException e) {
      return Answer.failed("no JSON", millis);
    }
  }
}
