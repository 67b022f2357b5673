package ai.kolm.prompt;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.jinja.Text;
import ai.kolm.prompt.jinja.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages, tools and arguments as the values a template sees: the dictionaries that a user of
 * transformers passes to {@code apply_chat_template}. Whatever a caller wrote is foreign text; role
 * names and the keys made here are not.
 */
final class PlainValues {
  /** Nesting of JSON; what a template walks may not be much deeper. */
  private static final int MAX_DEPTH = 64;

  private PlainValues() {}

  /** A JSON value; all of its text is foreign. */
  static Value of(Json json) {
    return of(json, 0);
  }

  private static Value of(Json json, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("JSON nested deeper than " + MAX_DEPTH);
    }
    return switch (json) {
      case Json.Str string -> Text.foreign(string.value());
      case Json.Int number -> new Value.Int(number.value());
      case Json.Real number -> new Value.Real(number.value());
      case Json.Bool bool -> Value.Bool.of(bool.value());
      case Json.Null _ -> Value.None.NONE;
      case Json.Arr array -> {
        List<Value> items = new ArrayList<>();
        array.items().forEach(item -> items.add(of(item, depth + 1)));
        yield Value.Seq.list(items);
      }
      case Json.Obj object -> {
        Value.Dict.Builder dict = new Value.Dict.Builder();
        object.members().forEach((key, value) -> dict.put(Text.foreign(key), of(value, depth + 1)));
        yield dict.build();
      }
    };
  }

  /**
   * A message.
   *
   * @param shape what the template wants where conventions differ
   */
  static Value of(Message message, MessageShape shape) {
    Value.Dict.Builder dict = new Value.Dict.Builder();
    String reasoning = message.reasoning();
    if (reasoning != null) {
      put(dict, "thinking", Text.foreign(reasoning));
    }
    put(dict, "role", Text.template(shape.roleName(message.role())));
    put(dict, "content", content(message.content(), shape));
    if (reasoning != null) {
      put(dict, "reasoning_content", Text.foreign(reasoning));
    }
    putText(dict, "name", message.name());
    if (!message.toolCalls().isEmpty()) {
      List<Value> calls = new ArrayList<>();
      message.toolCalls().forEach(call -> calls.add(of(call, shape)));
      put(dict, "tool_calls", Value.Seq.list(calls));
    }
    putText(dict, "tool_call_id", message.toolCallId());
    return dict.build();
  }

  private static Value content(@Nullable String content, MessageShape shape) {
    if (content != null) {
      return Text.foreign(content);
    }
    return shape.nullContent() ? Value.None.NONE : Text.foreign("");
  }

  private static Value of(ToolCall call, MessageShape shape) {
    Value.Dict.Builder function = new Value.Dict.Builder();
    put(function, "name", Text.foreign(call.name()));
    put(function, "arguments", arguments(call.jsonArguments(), shape));
    Value.Dict.Builder dict = new Value.Dict.Builder();
    put(dict, "id", Text.foreign(call.id()));
    put(dict, "type", Text.template("function"));
    put(dict, "function", function.build());
    return dict.build();
  }

  /** Parsed, unless the template wants the text, or the text is not JSON. */
  private static Value arguments(String arguments, MessageShape shape) {
    if (shape.objectArguments()) {
      try {
        JsonLimits limits = JsonLimits.DEFAULT;
        return of(JsonReader.read(arguments.getBytes(StandardCharsets.UTF_8), limits));
      } catch (JsonException e) {
        // A model wrote it, and models do: the template gets what was written.
        return Text.foreign(arguments);
      }
    }
    return Text.foreign(arguments);
  }

  private static void putText(Value.Dict.Builder dict, String key, @Nullable String value) {
    if (value != null) {
      put(dict, key, Text.foreign(value));
    }
  }

  private static void put(Value.Dict.Builder dict, String key, Value value) {
    dict.put(Text.template(key), value);
  }
}
