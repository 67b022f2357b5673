package ai.kolm.capture;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Folds the chunks of chat completions, and of the older completions: texts of a choice are joined,
 * calls of tools by their index, everything else is as the last chunk says. For one thread.
 */
final class ChatFold {
  private final Map<String, Json> head = new LinkedHashMap<>();
  private final Map<Integer, Choice> choices = new TreeMap<>();

  /** A choice that is being put together. */
  private static final class Choice {
    private final Map<String, StringBuilder> texts = new LinkedHashMap<>();
    private final Map<Integer, Map<String, StringBuilder>> calls = new TreeMap<>();
    private final Map<String, Json> other = new LinkedHashMap<>();
    private @Nullable StringBuilder plain;
    private Json finish = new Json.Null();
  }

  boolean isEmpty() {
    return head.isEmpty();
  }

  void add(Json.Obj chunk) {
    chunk
        .members()
        .forEach(
            (name, value) -> {
              if (!name.equals("choices")
                  && !(value instanceof Json.Null && head.containsKey(name))) {
                head.put(name, value);
              }
            });
    if (chunk.members().get("choices") instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Obj choice) {
          choice(choice);
        }
      }
    }
  }

  private void choice(Json.Obj from) {
    Choice choice = choices.computeIfAbsent(StreamFold.index(from, "index", 0), _ -> new Choice());
    Json finish = from.members().get("finish_reason");
    if (finish instanceof Json.Str) {
      choice.finish = finish;
    }
    if (from.members().get("text") instanceof Json.Str text) {
      StringBuilder plain = choice.plain == null ? new StringBuilder() : choice.plain;
      choice.plain = plain.append(text.value());
    }
    if (from.members().get("delta") instanceof Json.Obj delta) {
      delta.members().forEach((name, value) -> delta(choice, name, value));
    }
  }

  private static void delta(Choice choice, String name, Json value) {
    switch (value) {
      case Json.Str text when name.equals("role") -> choice.other.put(name, text);
      case Json.Str text ->
          choice.texts.computeIfAbsent(name, _ -> new StringBuilder()).append(text.value());
      case Json.Arr list when name.equals("tool_calls") -> {
        for (Json item : list.items()) {
          if (item instanceof Json.Obj call) {
            call(choice, call);
          }
        }
      }
      case Json.Null _ -> {}
      default -> choice.other.put(name, value);
    }
  }

  private static void call(Choice choice, Json.Obj from) {
    Map<String, StringBuilder> call =
        choice.calls.computeIfAbsent(
            StreamFold.index(from, "index", choice.calls.size()), _ -> new LinkedHashMap<>());
    append(call, "id", StreamFold.text(from, "id"));
    if (from.members().get("function") instanceof Json.Obj function) {
      append(call, "name", StreamFold.text(function, "name"));
      append(call, "arguments", StreamFold.text(function, "arguments"));
    }
  }

  private static void append(Map<String, StringBuilder> to, String name, String text) {
    to.computeIfAbsent(name, _ -> new StringBuilder()).append(text);
  }

  /** The answer as a whole. */
  Json.Obj body() {
    Map<String, Json> body = new LinkedHashMap<>(head);
    body.computeIfPresent(
        "object",
        (_, value) ->
            value instanceof Json.Str text
                ? new Json.Str(text.value().replace(".chunk", ""))
                : value);
    List<Json> list = new ArrayList<>();
    choices.forEach((index, choice) -> list.add(whole(index, choice)));
    body.put("choices", new Json.Arr(list));
    return new Json.Obj(body);
  }

  private static Json whole(int index, Choice choice) {
    Map<String, Json> whole = new LinkedHashMap<>();
    whole.put("index", new Json.Int(index));
    StringBuilder plain = choice.plain;
    if (plain != null) {
      whole.put("text", new Json.Str(plain.toString()));
    } else {
      Map<String, Json> message = new LinkedHashMap<>();
      message.put("role", choice.other.getOrDefault("role", new Json.Str("assistant")));
      message.put("content", new Json.Null());
      choice.texts.forEach((name, text) -> message.put(name, new Json.Str(text.toString())));
      choice.other.forEach(message::putIfAbsent);
      if (!choice.calls.isEmpty()) {
        message.put(
            "tool_calls",
            new Json.Arr(choice.calls.values().stream().map(ChatFold::wholeCall).toList()));
      }
      whole.put("message", new Json.Obj(message));
    }
    whole.put("finish_reason", choice.finish);
    return new Json.Obj(whole);
  }

  private static Json wholeCall(Map<String, StringBuilder> call) {
    Map<String, Json> function = new LinkedHashMap<>();
    function.put("name", text(call, "name"));
    function.put("arguments", text(call, "arguments"));
    Map<String, Json> whole = new LinkedHashMap<>();
    whole.put("id", text(call, "id"));
    whole.put("type", new Json.Str("function"));
    whole.put("function", new Json.Obj(function));
    return new Json.Obj(whole);
  }

  private static Json text(Map<String, StringBuilder> call, String name) {
    return new Json.Str(call.getOrDefault(name, new StringBuilder()).toString());
  }
}
