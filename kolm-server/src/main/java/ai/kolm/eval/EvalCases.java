package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Sha256;
import ai.kolm.eval.EvalException.Reason;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The cases of an evaluation, read from JSON lines. What a case lacks is an error with its line,
 * never a pass.
 *
 * @param cases at least one
 * @param digest SHA-256 of the file, in hexadecimal
 */
public record EvalCases(List<EvalCase> cases, String digest) {
  private static final int MAX_CASES = 100_000;
  private static final int MAX_LINE = 4 << 20;
  private static final Set<String> SOURCES = Set.of("human", "capture", "synthetic");
  private static final Set<String> EXPECTED =
      Set.of("text", "any_of", "json", "tool_calls", "contains", "absent", "regex", "rubric");

  /** Copies the list. */
  public EvalCases {
    cases = List.copyOf(cases);
  }

  /**
   * Reads cases.
   *
   * @param bytes a file, a case on each line
   * @throws EvalException {@code CASES} at the first line that is wrong
   */
  public static EvalCases read(byte[] bytes) throws EvalException {
    List<EvalCase> cases = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    int line = 0;
    int from = 0;
    while (from < bytes.length) {
      int to = from;
      while (to < bytes.length && bytes[to] != '\n') {
        to++;
      }
      line++;
      boolean blank = new String(bytes, from, Math.min(to - from, 64), UTF_8).isBlank();
      if (!blank || to - from > 64) {
        EvalCase one = read(Arrays.copyOfRange(bytes, from, to), line);
        if (!ids.add(one.id())) {
          throw fault(line, "the id \"%s\" is that of an earlier case".formatted(one.id()));
        }
        cases.add(one);
      }
      if (cases.size() > MAX_CASES) {
        throw fault(line, "more than %,d cases".formatted(MAX_CASES));
      }
      from = to + 1;
    }
    if (cases.isEmpty()) {
      throw new EvalException(Reason.CASES, "there is no case");
    }
    return new EvalCases(cases, HexFormat.of().formatHex(Sha256.start().digest(bytes)));
  }

  private static EvalException fault(int line, String what) {
    return new EvalException(Reason.CASES, "line %d: %s".formatted(line, what));
  }

  private static EvalCase read(byte[] text, int line) throws EvalException {
    if (text.length > MAX_LINE) {
      throw fault(line, "a case of more than %,d bytes".formatted(MAX_LINE));
    }
    try {
      return read(JsonReader.readObject(text, JsonLimits.DEFAULT), line);
    } catch (JsonException | IllegalArgumentException e) {
      throw fault(line, String.valueOf(e.getMessage()));
    }
  }

  private static EvalCase read(JsonObject json, int line) throws JsonException, EvalException {
    Map<String, Json> request = new LinkedHashMap<>();
    boolean brief = json.find("input").isPresent();
    request.put("messages", new Json.Arr(json.array(brief ? "input" : "messages")));
    if (json.array(brief ? "input" : "messages").isEmpty()) {
      throw fault(line, "messages is missing or empty");
    }
    for (String name : List.of("tools", "tool_choice", "response_format")) {
      json.find(name).ifPresent(value -> request.put(name, value));
    }
    json.findObject("params").ifPresent(params -> request.putAll(params.json().members()));
    String id = json.findString("id").orElse("line-" + line);
    String source = json.findString("source").orElse("human");
    if (!SOURCES.contains(source)) {
      throw fault(
          line, "source: expected human, capture or synthetic, got \"%s\"".formatted(source));
    }
    return new EvalCase(
        id,
        request,
        expected(json, line),
        scorers(json),
        json.strings("tags"),
        json.findNumber("weight").orElse(1),
        json.findString("cluster").orElse(id),
        source);
  }

  private static List<String> scorers(JsonObject json) throws JsonException {
    return json.find("scorer").orElse(new Json.Null()) instanceof Json.Str one
        ? List.of(one.value())
        : json.strings("scorer");
  }

  /** {@code ideal} of the short form is a text, or several of which one will do. */
  private static Json.Obj expected(JsonObject json, int line) throws EvalException {
    Json ideal = json.find("ideal").orElse(new Json.Null());
    if (ideal instanceof Json.Str) {
      return new Json.Obj(Map.of("text", ideal));
    }
    if (ideal instanceof Json.Arr list && !list.items().isEmpty()) {
      return new Json.Obj(Map.of("any_of", list));
    }
    Json expected = json.find("expected").orElse(new Json.Null());
    if (!(expected instanceof Json.Obj object)) {
      throw fault(line, "expected is missing: a case without it measures nothing");
    }
    boolean known = object.members().keySet().stream().anyMatch(EXPECTED::contains);
    boolean empty = object.members().values().stream().anyMatch(Json.Null.class::isInstance);
    if (!known || empty) {
      throw fault(
          line,
          "expected: one of text, any_of, json, tool_calls, contains, regex, rubric must be there");
    }
    if (object.members().containsKey("rubric")
        && !(object.members().get("rubric") instanceof Json.Str)) {
      throw fault(line, "expected: rubric is a text");
    }
    return object;
  }

  /** How many clusters there are. */
  public long clusters() {
    return cases.stream().map(EvalCase::cluster).distinct().count();
  }
}
