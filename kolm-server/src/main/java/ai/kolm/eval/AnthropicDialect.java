package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Anthropic's messages (version 2023-06-01): cases, which are in the schema of OpenAI, are
 * translated, and so are answers. What has no counterpart there is refused, not left out: both
 * sides have to be asked the same.
 */
final class AnthropicDialect implements Dialect {
  private static final String VERSION = "2023-06-01";

  /** A length has to be said; cases that say none get one that does not cut ordinary answers. */
  private static final int MAX_TOKENS = 4_096;

  private static final Set<String> SAME = Set.of("top_p", "temperature");
  private static final Set<String> WITHOUT_MEANING_HERE =
      Set.of("seed", "user", "store", "stream", "metadata");
  private static final Json EMPTY_SCHEMA = object("type", new Json.Str("object"));

  @Override
  public String path() {
    return "/v1/messages";
  }

  @Override
  public Map<String, String> headers(String key) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("anthropic-version", VERSION);
    if (!key.isEmpty()) {
      headers.put("x-api-key", key);
    }
    return headers;
  }

  @Override
  public Json.Obj request(EvalCase one, String model) throws EvalException {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("model", new Json.Str(model));
    members.put("max_tokens", new Json.Int(MAX_TOKENS));
    members.put("temperature", new Json.Int(0));
    for (Map.Entry<String, Json> entry : one.request().entrySet()) {
      parameter(one, entry.getKey(), entry.getValue(), members);
    }
    List<Json> system = new ArrayList<>();
    List<Json> turns = new ArrayList<>();
    for (Json message : one.messages()) {
      if (message instanceof Json.Obj turn) {
        turn(one, turn, system, turns);
      }
    }
    if (!system.isEmpty()) {
      members.put("system", new Json.Arr(system));
    }
    members.put("messages", new Json.Arr(turns));
    return new Json.Obj(members);
  }

  private static void parameter(EvalCase one, String name, Json value, Map<String, Json> members)
      throws EvalException {
    switch (name) {
      case "messages" -> {}
      case "max_tokens", "max_completion_tokens" -> members.put("max_tokens", value);
      case "stop" ->
          members.put(
              "stop_sequences", value instanceof Json.Str ? new Json.Arr(List.of(value)) : value);
      case "tools" -> members.put("tools", tools(one, value));
      case "tool_choice" -> members.put("tool_choice", choice(one, value));
      case "response_format" -> {
        if (!text(value, "type").equals("text")) {
          throw none(one, name);
        }
      }
      default -> {
        if (SAME.contains(name)) {
          members.put(name, value);
        } else if (!WITHOUT_MEANING_HERE.contains(name)) {
          throw none(one, name);
        }
      }
    }
  }

  private static EvalException none(EvalCase one, String what) {
    return new EvalException(
        EvalException.Reason.CASES,
        "case \"%s\": %s has no counterpart in Anthropic's messages; openrouter:anthropic/MODEL can be asked"
            .formatted(one.id(), what));
  }

  private static Json tools(EvalCase one, Json value) throws EvalException {
    List<Json> tools = new ArrayList<>();
    for (Json tool : value instanceof Json.Arr list ? list.items() : List.<Json>of()) {
      if (!(member(tool, "function") instanceof Json.Obj function)) {
        throw none(one, "a tool that is no function");
      }
      Map<String, Json> own = new LinkedHashMap<>();
      own.put("name", new Json.Str(text(function, "name")));
      if (function.members().get("description") instanceof Json.Str description) {
        own.put("description", description);
      }
      own.put("input_schema", function.members().getOrDefault("parameters", EMPTY_SCHEMA));
      tools.add(new Json.Obj(own));
    }
    return new Json.Arr(tools);
  }

  private static Json choice(EvalCase one, Json value) throws EvalException {
    String name = text(member(value, "function"), "name");
    if (!name.isEmpty()) {
      return new Json.Obj(Map.of("type", new Json.Str("tool"), "name", new Json.Str(name)));
    }
    return switch (value) {
      case Json.Str(String word) when word.equals("required") ->
          object("type", new Json.Str("any"));
      case Json.Str(String word) when word.equals("auto") || word.equals("none") ->
          object("type", value);
      default -> throw none(one, "tool_choice");
    };
  }

  /** Results of tools are said by the user here, those that follow each other in one turn. */
  private static void turn(EvalCase one, Json.Obj turn, List<Json> system, List<Json> turns)
      throws EvalException {
    String role = text(turn, "role");
    List<Json> blocks = blocks(one, turn.members().getOrDefault("content", new Json.Null()));
    switch (role) {
      case "system", "developer" -> system.addAll(blocks);
      case "user" -> add("user", blocks, turns);
      case "assistant" -> {
        blocks.addAll(calls(turn));
        add("assistant", blocks, turns);
      }
      case "tool" -> {
        Map<String, Json> result = new LinkedHashMap<>();
        result.put("type", new Json.Str("tool_result"));
        result.put("tool_use_id", new Json.Str(text(turn, "tool_call_id")));
        result.put("content", new Json.Arr(blocks));
        add("user", List.of(new Json.Obj(result)), turns);
      }
      default -> throw none(one, "a message of the role \"" + role + "\"");
    }
  }

  private static void add(String role, List<Json> blocks, List<Json> turns) {
    List<Json> content = new ArrayList<>();
    if (!turns.isEmpty()
        && text(turns.getLast(), "role").equals(role)
        && member(turns.getLast(), "content") instanceof Json.Arr before) {
      content.addAll(before.items());
      turns.removeLast();
    }
    content.addAll(blocks);
    Map<String, Json> turn = new LinkedHashMap<>();
    turn.put("role", new Json.Str(role));
    turn.put("content", new Json.Arr(content));
    turns.add(new Json.Obj(turn));
  }

  private static List<Json> blocks(EvalCase one, Json content) throws EvalException {
    List<Json> blocks = new ArrayList<>();
    List<Json> parts =
        switch (content) {
          case Json.Arr(List<Json> items) -> items;
          case Json.Str text when text.value().isEmpty() -> List.of();
          case Json.Str text ->
              List.of(new Json.Obj(Map.of("type", new Json.Str("text"), "text", text)));
          default -> List.of();
        };
    for (Json part : parts) {
      if (!text(part, "type").equals("text")) {
        throw none(one, "a part of the type \"" + text(part, "type") + "\"");
      }
      Map<String, Json> block = new LinkedHashMap<>();
      block.put("type", new Json.Str("text"));
      block.put("text", new Json.Str(text(part, "text")));
      blocks.add(new Json.Obj(block));
    }
    return blocks;
  }

  private static List<Json> calls(Json.Obj turn) {
    List<Json> uses = new ArrayList<>();
    if (turn.members().get("tool_calls") instanceof Json.Arr calls) {
      for (Json call : calls.items()) {
        Map<String, Json> use = new LinkedHashMap<>();
        use.put("type", new Json.Str("tool_use"));
        use.put("id", new Json.Str(text(call, "id")));
        Answers.call(member(call, "function"))
            .ifPresent(
                said -> {
                  use.put("name", new Json.Str(said.name()));
                  use.put("input", said.arguments());
                });
        uses.add(new Json.Obj(use));
      }
    }
    return uses;
  }

  @Override
  public Answer answer(Json.Obj body, double millis, String receipt) {
    if (!(body.members().get("content") instanceof Json.Arr content)) {
      return Answer.failed("no content in the answer", millis);
    }
    String reason = text(body, "stop_reason");
    if (reason.equals("refusal")) {
      return Answer.failed("refusal", millis);
    }
    StringBuilder said = new StringBuilder();
    List<Answer.Call> calls = new ArrayList<>();
    for (Json block : content.items()) {
      switch (text(block, "type")) {
        case "text" -> said.append(text(block, "text"));
        case "tool_use" -> calls.add(new Answer.Call(text(block, "name"), member(block, "input")));
        default -> {} // what it thought is no part of the answer
      }
    }
    String finish =
        switch (reason) {
          case "max_tokens", "model_context_window_exceeded" -> "length";
          case "tool_use" -> "tool_calls";
          default -> "stop";
        };
    return new Answer(said.toString(), calls, finish, usage(body), millis, "", receipt);
  }

  /** Tokens that were read from its cache are counted apart there. */
  private static Answer.Usage usage(Json.Obj body) {
    Json usage = member(body, "usage");
    long cached = number(usage, "cache_read_input_tokens");
    long fresh = number(usage, "input_tokens") + number(usage, "cache_creation_input_tokens");
    return new Answer.Usage(fresh + cached, cached, number(usage, "output_tokens"));
  }

  private static Json object(String name, Json value) {
    return new Json.Obj(Map.of(name, value));
  }

  private static Json member(Json json, String name) {
    return json instanceof Json.Obj object
        ? object.members().getOrDefault(name, new Json.Null())
        : new Json.Null();
  }

  private static String text(Json json, String name) {
    return member(json, name) instanceof Json.Str text ? text.value() : "";
  }

  private static long number(Json json, String name) {
    return member(json, name) instanceof Json.Int number ? number.value() : 0;
  }
}
