package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads answers in the schema of OpenAI. */
final class Answers {
  private Answers() {}

  /** The answer in the body of a chat completion. */
  static Answer of(Json.Obj body, double millis, String receipt) {
    if (!(body.members().get("choices") instanceof Json.Arr choices)
        || choices.items().isEmpty()
        || !(choices.items().getFirst() instanceof Json.Obj choice)
        || !(choice.members().get("message") instanceof Json.Obj message)) {
      return Answer.failed("no choice in the answer", millis);
    }
    if (message.members().get("refusal") instanceof Json.Str refusal
        && !refusal.value().isEmpty()) {
      return Answer.failed("refusal", millis);
    }
    List<Answer.Call> calls = new ArrayList<>();
    if (message.members().get("tool_calls") instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Obj call && call.members().containsKey("function")) {
          call(call.members().getOrDefault("function", call)).ifPresent(calls::add);
        }
      }
    }
    return new Answer(
        text(message, "content"),
        calls,
        text(choice, "finish_reason"),
        usage(body),
        millis,
        "",
        receipt);
  }

  /** A call: its name, and its arguments as JSON, which they may be as text. */
  static Optional<Answer.Call> call(Json json) {
    if (!(json instanceof Json.Obj function)) {
      return Optional.empty();
    }
    Json arguments = function.members().getOrDefault("arguments", new Json.Obj(Map.of()));
    Json parsed =
        arguments instanceof Json.Str text
            ? JsonMeasure.parse(text.value()).orElse(arguments)
            : arguments;
    return Optional.of(new Answer.Call(text(function, "name"), parsed));
  }

  private static Answer.Usage usage(Json.Obj body) {
    if (!(body.members().get("usage") instanceof Json.Obj usage)) {
      return Answer.Usage.NONE;
    }
    long cached =
        usage.members().get("prompt_tokens_details") instanceof Json.Obj details
            ? number(details, "cached_tokens")
            : 0;
    return new Answer.Usage(
        number(usage, "prompt_tokens"), cached, number(usage, "completion_tokens"));
  }

  private static long number(Json.Obj object, String name) {
    return object.members().get(name) instanceof Json.Int number ? number.value() : 0;
  }

  private static String text(Json.Obj object, String name) {
    return object.members().get(name) instanceof Json.Str text ? text.value() : "";
  }
}
