package ai.kolm.cli;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.PromptRequest;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a chat template is to render: {@code messages} and {@code tools} in the form of
 * OpenAI, {@code add_generation_prompt} (default true), and template options such as {@code
 * enable_thinking}, beside them or in {@code chat_template_kwargs}.
 */
final class ConversationReader {
  private ConversationReader() {}

  static PromptRequest read(JsonObject json) throws JsonException {
    List<Message> messages = new ArrayList<>();
    for (JsonObject message : json.objects("messages")) {
      messages.add(message(message));
    }
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("/messages: expected at least one message");
    }
    List<Json.Obj> tools = new ArrayList<>();
    for (JsonObject tool : json.objects("tools")) {
      tools.add(tool.json());
    }
    Map<String, Json> options = new HashMap<>();
    Optional<JsonObject> named = json.findObject("chat_template_kwargs");
    for (String option : PromptRequest.OPTIONS) {
      json.find(option).ifPresent(value -> options.put(option, value));
      named.flatMap(all -> all.find(option)).ifPresent(value -> options.put(option, value));
    }
    return new PromptRequest(messages, tools, json.bool("add_generation_prompt", true), options);
  }

  private static Message message(JsonObject json) throws JsonException {
    List<ToolCall> calls = new ArrayList<>();
    for (JsonObject call : json.objects("tool_calls")) {
      JsonObject function = call.object("function");
      calls.add(
          new ToolCall(
              call.findString("id").orElse(""),
              function.string("name"),
              arguments(function.get("arguments"))));
    }
    return new Message(
        role(json),
        content(json),
        json.findString("name").orElse(null),
        calls,
        json.findString("tool_call_id").orElse(null),
        json.findString("reasoning_content").orElse(null));
  }

  private static Role role(JsonObject json) throws JsonException {
    String name = json.string("role");
    return Stream.of(Role.values())
        .filter(role -> role.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: expected system, developer, user, assistant, tool or function, got \"%s\""
                        .formatted(json.at("role"), name)));
  }

  /** Arguments are JSON text; an object is taken too. */
  private static String arguments(Json arguments) {
    return arguments instanceof Json.Str text ? text.value() : JsonLines.text(arguments);
  }

  /** A text, or the texts of parts one after the other. */
  private static @Nullable String content(JsonObject json) throws JsonException {
    Optional<Json> content = json.find("content");
    if (content.isEmpty() || !(content.get() instanceof Json.Arr)) {
      return json.findString("content").orElse(null);
    }
    StringBuilder text = new StringBuilder();
    for (JsonObject part : json.objects("content")) {
      if (!part.string("type").equals("text")) {
        throw new IllegalArgumentException(
            "%s: expected text, got \"%s\"".formatted(part.at("type"), part.string("type")));
      }
      text.append(part.string("text"));
    }
    return text.toString();
  }
}
