package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.anonymize.EntityClass;
import ai.kolm.anonymize.JsonAnonymizer;
import ai.kolm.anonymize.PseudonymKey;
import ai.kolm.anonymize.Span;
import ai.kolm.capture.CaptureRecord.State;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Makes the record of an exchange: reads its bodies, folds streams, anonymises. For one thread. */
final class RecordBuilder {
  private static final List<String> KEPT =
      List.of(
          "/chat/completions",
          "/responses",
          "/completions",
          "/embeddings",
          "/messages",
          "/audio/transcriptions");
  private static final String STREAM = "text/event-stream";
  private static final int ERROR = 400;

  private final CapturedExchange exchange;
  private final PseudonymKey key;
  private State state;
  private boolean stream;
  private Optional<Json> request = Optional.empty();
  private Optional<Json> response = Optional.empty();
  private Json tokenUsage = new Json.Null();
  private Json models = new Json.Arr(List.of());

  RecordBuilder(CapturedExchange exchange, PseudonymKey key) {
    this.exchange = exchange;
    this.key = key;
    boolean broken = exchange.end != CapturedExchange.End.COMPLETE;
    state =
        exchange.status >= ERROR
            ? State.ERROR
            : broken ? State.INCOMPLETE : exchange.truncated() ? State.TRUNCATED : State.COMPLETE;
  }

  /** Reads the bodies, which have to be kept by this route. */
  void read() {
    boolean kept = KEPT.stream().anyMatch(path(exchange.route)::endsWith);
    if (!kept || exchange.truncated()) {
      return;
    }
    request = requestBody();
    response = responseBody();
    tokenUsage = response.map(body -> member(body, "usage")).orElse(new Json.Null());
    models =
        new Json.Arr(
            List.of(
                request.map(body -> member(body, "model")).orElse(new Json.Null()),
                response.map(body -> member(body, "model")).orElse(new Json.Null())));
  }

  private static String path(String route) {
    int query = route.indexOf('?');
    return query < 0 ? route : route.substring(0, query);
  }

  private static Json member(Json body, String name) {
    return body instanceof Json.Obj object
        ? object.members().getOrDefault(name, new Json.Null())
        : new Json.Null();
  }

  private Optional<Json> requestBody() {
    if (exchange.request.length() == 0) {
      return Optional.empty();
    }
    try {
      byte[] body = Bodies.decode(exchange.request.bytes(), exchange.requestCoding);
      Optional<Json> json = Bodies.json(body);
      return json.isPresent() ? json : Optional.of(omittedRequest());
    } catch (IOException e) {
      return Optional.of(omittedRequest());
    }
  }

  private Json omittedRequest() {
    return Bodies.omitted(exchange.headers.get("content-type"), exchange.request.length());
  }

  private Optional<Json> responseBody() {
    if (exchange.response.length() == 0) {
      return Optional.empty();
    }
    String type = Bodies.mediaType(exchange.responseType);
    stream = type.equals(STREAM);
    try {
      byte[] body = Bodies.decode(exchange.response.bytes(), exchange.responseCoding);
      if (stream) {
        return folded(body);
      }
      Optional<Json> json = Bodies.json(body).map(RecordBuilder::withoutLogprobs);
      if (json.isEmpty() && type.startsWith("text/")) {
        return Optional.of(new Json.Str(new String(body, UTF_8)));
      }
      if (json.isEmpty() && state == State.COMPLETE) {
        state = State.INCOMPLETE;
      }
      return json;
    } catch (IOException | FoldException e) {
      state = state == State.COMPLETE ? State.INCOMPLETE : state;
      return Optional.of(Bodies.omitted(exchange.responseType, exchange.response.length()));
    }
  }

  private Optional<Json> folded(byte[] body) throws FoldException {
    StreamFold.Folded folded = StreamFold.fold(body);
    if (!folded.complete() && state == State.COMPLETE) {
      state = State.INCOMPLETE;
    }
    return folded.body().map(RecordBuilder::withoutLogprobs);
  }

  /** Pieces of tokens would carry the text as it was. */
  private static Json withoutLogprobs(Json value) {
    return switch (value) {
      case Json.Obj object -> {
        Map<String, Json> members = new LinkedHashMap<>();
        object
            .members()
            .forEach(
                (name, member) -> {
                  if (!name.equals("logprobs") && !name.equals("top_logprobs")) {
                    members.put(name, withoutLogprobs(member));
                  }
                });
        yield new Json.Obj(members);
      }
      case Json.Arr array ->
          new Json.Arr(array.items().stream().map(RecordBuilder::withoutLogprobs).toList());
      default -> value;
    };
  }

  /** What makes turns of one conversation one: who is asked, and what the user said first. */
  String scope() {
    return key.scope(exchange.provider + '\0' + firstUserMessage());
  }

  private String firstUserMessage() {
    Json messages = request.map(body -> member(body, "messages")).orElse(new Json.Null());
    if (messages instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (member(item, "role") instanceof Json.Str role && role.value().equals("user")) {
          return JsonText.of(member(item, "content"));
        }
      }
    }
    Json input = request.map(body -> member(body, "input")).orElse(new Json.Null());
    return JsonText.of(
        input instanceof Json.Null
            ? request.map(body -> member(body, "prompt")).orElse(input)
            : input);
  }

  /** Replaces what identifies people. */
  Anonymized anonymize(Anonymizer anonymizer, Anonymizer.Style style) {
    Anonymizer.Conversation conversation = anonymizer.conversation(key, scope(), style);
    JsonAnonymizer json = new JsonAnonymizer(conversation);
    Optional<Json> safeRequest = request.map(body -> json.anonymize(body, "/request"));
    Optional<Json> safeResponse = response.map(body -> json.anonymize(body, "/response"));
    String safeRoute = conversation.text(path(exchange.route)).text();
    return new Anonymized(
        safeRequest, safeResponse, safeRoute, conversation.counts(), json.replaced());
  }

  /** What is stored raw by the explicit wish of the user. */
  Anonymized raw() {
    return new Anonymized(request, response, path(exchange.route), Map.of(), Map.of());
  }

  /** What is stored where the text could not be processed. */
  Anonymized blocked() {
    return new Anonymized(Optional.empty(), Optional.empty(), "", Map.of(), Map.of());
  }

  /** Bodies as they are stored. */
  record Anonymized(
      Optional<Json> request,
      Optional<Json> response,
      String route,
      Map<EntityClass, Integer> counts,
      Map<String, List<Span>> spans) {}

  /**
   * The record.
   *
   * @param bodies as they are to be stored
   * @param profile what made them so
   * @param blocked why there are none
   */
  CaptureRecord build(Anonymized bodies, String profile, Optional<String> blocked) {
    Map<String, Json> record = new LinkedHashMap<>();
    record.put("v", new Json.Int(1));
    record.put("id", new Json.Str(exchange.id));
    record.put("ns", new Json.Str(exchange.tags.namespace()));
    record.put("task", new Json.Str(exchange.tags.task()));
    record.put("scope", new Json.Str(scope()));
    record.put("t", new Json.Int(exchange.time));
    record.put(
        "ms",
        new Json.Arr(
            List.of(new Json.Int(exchange.firstByteMillis), new Json.Int(exchange.totalMillis))));
    record.put("provider", new Json.Str(exchange.provider));
    record.put("route", new Json.Str(bodies.route()));
    record.put("status", new Json.Int(exchange.status));
    record.put("stream", new Json.Bool(stream));
    record.put("state", new Json.Str(state.name().toLowerCase(Locale.ROOT)));
    bodies.request().ifPresent(body -> record.put("request", body));
    bodies.response().ifPresent(body -> record.put("response", body));
    record.put("headers", strings(exchange.headers));
    record.put("usage", tokenUsage);
    record.put("model", models);
    record.put("anon", anon(bodies, profile, blocked));
    record.put("macs", macs());
    record.put("receipt", new Json.Str(exchange.receipt));
    return new CaptureRecord(new Json.Obj(record));
  }

  private static Json strings(Map<String, String> map) {
    Map<String, Json> members = new TreeMap<>();
    map.forEach((name, value) -> members.put(name, new Json.Str(value)));
    return new Json.Obj(members);
  }

  private static Json anon(Anonymized bodies, String profile, Optional<String> blocked) {
    Map<String, Json> counts = new TreeMap<>();
    bodies.counts().forEach((type, count) -> counts.put(type.name(), new Json.Int(count)));
    Map<String, Json> anon = new LinkedHashMap<>();
    anon.put("profile", new Json.Str(profile));
    anon.put("counts", new Json.Obj(counts));
    if (!bodies.spans().isEmpty()) {
      anon.put("spans", spans(bodies.spans()));
    }
    blocked.ifPresent(why -> anon.put("blocked", new Json.Str(why)));
    return new Json.Obj(anon);
  }

  private static Json spans(Map<String, List<Span>> spans) {
    Map<String, Json> byPointer = new LinkedHashMap<>();
    spans.forEach(
        (at, found) ->
            byPointer.put(at, new Json.Arr(found.stream().map(RecordBuilder::span).toList())));
    return new Json.Obj(byPointer);
  }

  private static Json span(Span span) {
    return new Json.Arr(
        List.of(
            new Json.Int(span.start()),
            new Json.Int(span.end()),
            new Json.Str(span.type().name())));
  }

  /** Tells duplicates without a digest that could be guessed from the text. */
  private Json macs() {
    Map<String, Json> macs = new LinkedHashMap<>();
    macs.put("request", new Json.Str(key.derive("mac request").macHex(exchange.request.bytes())));
    macs.put(
        "response", new Json.Str(key.derive("mac response").macHex(exchange.response.bytes())));
    return new Json.Obj(macs);
  }

  /** How much there is to anonymise. */
  long textBytes() {
    return (long) exchange.request.copied() + exchange.response.copied();
  }

  /** What is known of the exchange. */
  State state() {
    return state;
  }
}
