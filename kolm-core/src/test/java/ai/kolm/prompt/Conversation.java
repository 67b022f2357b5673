package ai.kolm.prompt;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.prompt.jinja.TemplateGolden;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One of the conversations that golden prompts are made of.
 *
 * @param tools for the variants that have tools
 */
record Conversation(String name, List<Message> messages, List<Json.Obj> tools) {

  /** All of them, by name. */
  static Map<String, Conversation> readAll() throws JsonException {
    JsonObject json = TemplateGolden.json("conversations.json");
    Map<String, Conversation> all = new LinkedHashMap<>();
    for (JsonObject conversation : json.objects("conversations")) {
      List<Message> messages = new ArrayList<>();
      for (JsonObject message : conversation.objects("messages")) {
        messages.add(message(message));
      }
      List<Json.Obj> tools = new ArrayList<>();
      for (JsonObject tool : json.object("tools").objects(conversation.string("tools"))) {
        tools.add(tool.json());
      }
      String name = conversation.string("name");
      all.put(name, new Conversation(name, messages, tools));
    }
    return all;
  }

  private static Message message(JsonObject json) throws JsonException {
    List<ToolCall> calls = new ArrayList<>();
    for (JsonObject call : json.objects("tool_calls")) {
      JsonObject function = call.object("function");
      calls.add(
          new ToolCall(call.string("id"), function.string("name"), function.string("arguments")));
    }
    return new Message(
        Role.valueOf(json.string("role").toUpperCase(Locale.ROOT)),
        json.findString("content").orElse(null),
        json.findString("name").orElse(null),
        calls,
        json.findString("tool_call_id").orElse(null),
        json.findString("reasoning_content").orElse(null));
  }

  /** What one variant of the golden data asks for. */
  PromptRequest request(JsonObject variant) throws JsonException {
    Map<String, Json> options = new HashMap<>();
    for (String option : PromptRequest.OPTIONS) {
      variant.find(option).ifPresent(value -> options.put(option, value));
    }
    return new PromptRequest(
        messages,
        variant.bool("tools", false) ? tools : List.of(),
        variant.bool("add_generation_prompt", false),
        options);
  }
}
