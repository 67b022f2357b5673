package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Sha256;
import ai.kolm.journal.Journal;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Answers of a baseline, so that the same question is paid for once: a journal, looked up by the
 * SHA-256 of provider, model and request. Answers to captured cases are kept no longer than the
 * captures. For one thread.
 */
public final class BaselineCache {
  private final Path directory;
  private final String name;
  private final AnswerRetention retention;
  private final Map<String, Cached> known = new HashMap<>();

  /**
   * An answer that was kept.
   *
   * @param answer what was said
   * @param at when, in milliseconds since 1970
   */
  public record Cached(Answer answer, long at) {}

  /**
   * Reads what is known of a baseline.
   *
   * @param directory where baselines are kept
   * @param baseline provider and model
   * @param retention of answers to captured cases
   */
  public static BaselineCache open(Path directory, String baseline, AnswerRetention retention)
      throws IOException {
    BaselineCache cache = new BaselineCache(directory, baseline, retention);
    Journal.scan(cache.directory, cache::read);
    return cache;
  }

  private BaselineCache(Path directory, String baseline, AnswerRetention retention) {
    String digest = HexFormat.of().formatHex(Sha256.start().digest(baseline.getBytes(UTF_8)));
    this.directory = directory.resolve(digest.substring(0, 16));
    this.name = baseline;
    this.retention = retention;
  }

  /**
   * Deletes answers of all baselines: no byte of them is left when this returns.
   *
   * @param directory where baselines are kept
   * @param goes told the namespace that an answer belongs to, and until when it is to be kept
   * @return how many were deleted
   */
  public static int delete(Path directory, BiPredicate<String, Long> goes) throws IOException {
    int deleted = 0;
    for (Path baseline : Subdirectories.of(directory)) {
      int[] found = {0};
      Journal.scan(baseline, payload -> found[0] += goes(payload, goes) ? 1 : 0);
      if (found[0] > 0) {
        try (Journal journal = Journal.open(baseline, Journal.Durability.KILL)) {
          deleted += journal.remove(payload -> !goes(payload, goes));
        }
      }
    }
    return deleted;
  }

  private static boolean goes(byte[] payload, BiPredicate<String, Long> goes) {
    try {
      JsonObject json = JsonReader.readObject(payload, JsonLimits.DEFAULT);
      Optional<String> namespace = json.findString("ns");
      return namespace.isPresent()
          && goes.test(namespace.get(), json.findInteger("until").orElse(0));
    } catch (JsonException e) {
      return false; // of another version
    }
  }

  private String key(EvalCase one) {
    byte[] request = CanonicalJson.write(Endpoint.request(one, name));
    return HexFormat.of().formatHex(Sha256.start().digest(request));
  }

  private void read(byte[] payload) {
    try {
      JsonObject json = JsonReader.readObject(payload, JsonLimits.DEFAULT);
      List<Answer.Call> calls = new ArrayList<>();
      for (JsonObject call : json.objects("calls")) {
        calls.add(new Answer.Call(call.string("name"), call.get("arguments")));
      }
      Answer answer =
          new Answer(
              json.string("content"),
              calls,
              json.string("finish"),
              new Answer.Usage(json.integer("in"), json.integer("cached"), json.integer("out")),
              json.findNumber("ms").orElse(0),
              "",
              "");
      known.put(json.string("key"), new Cached(answer, json.integer("at")));
    } catch (JsonException e) {
      // A line of another version: the question is asked again.
    }
  }

  /** The answer to a case, if it is known. */
  public Optional<Cached> find(EvalCase one) {
    return Optional.ofNullable(known.get(key(one)));
  }

  /** Keeps an answer; failures are not kept. */
  public void keep(EvalCase one, Answer answer, long now) throws IOException {
    if (!answer.error().isEmpty()) {
      return;
    }
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("v", new Json.Int(1));
    json.put("key", new Json.Str(key(one)));
    json.put("at", new Json.Int(now));
    if (one.source().equals(EvalCase.CAPTURE)) {
      json.put("ns", new Json.Str(retention.namespace()));
      json.put("until", new Json.Int(retention.until(now)));
    }
    json.put("content", new Json.Str(answer.content()));
    json.put(
        "calls",
        new Json.Arr(
            answer.toolCalls().stream()
                .<Json>map(
                    call ->
                        new Json.Obj(
                            Map.of(
                                "name", new Json.Str(call.name()), "arguments", call.arguments())))
                .toList()));
    json.put("finish", new Json.Str(answer.finish()));
    json.put("in", new Json.Int(answer.usage().in()));
    json.put("cached", new Json.Int(answer.usage().cached()));
    json.put("out", new Json.Int(answer.usage().out()));
    json.put("ms", new Json.Real(answer.millis()));
    try (Journal journal = Journal.open(directory, Journal.Durability.KILL)) {
      journal.append(JsonText.of(new Json.Obj(json)).getBytes(UTF_8));
    }
    known.put(key(one), new Cached(answer, now));
  }
}
