package ai.kolm.chat.tool;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tools and calls in the words of {@link ToolDialect#PLAIN}, for chat templates that have none: the
 * system message explains them, calls of the history are texts of the assistant, their results
 * texts of the user.
 */
public final class ToolPrompt {
  private static final String MAY = "When no function helps, answer in words.";
  private static final String MUST = "You must call a function now.";

  private ToolPrompt() {}

  /** The conversation as texts. */
  public static List<Message> messages(List<Message> messages, ToolUse use) {
    List<Message> plain = new ArrayList<>();
    messages.forEach(message -> plain.add(plain(message)));
    if (use.isActive()) {
      boolean system = isSystem(plain.getFirst());
      String own = system ? plain.getFirst().content() + "\n\n" : "";
      Role role = system ? plain.removeFirst().role() : Role.SYSTEM;
      plain.addFirst(Message.of(role, own + explanation(use)));
    }
    return plain;
  }

  private static boolean isSystem(Message message) {
    return message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER;
  }

  private static String explanation(ToolUse use) {
    StringBuilder tools = new StringBuilder();
    for (Tool tool : use.tools()) {
      if (use.allows(tool)) {
        tools.append(JsonText.of(tool.toJson())).append('\n');
      }
    }
    String rule = use.mode() == ToolUse.Mode.REQUIRED ? MUST : MAY;
    return """
        You may call functions to answer the user. The functions, one a line, as JSON:
        <tools>
        %s</tools>
        To call functions, answer with nothing but a JSON array of calls between two tags:
        <tool_call>[{"name": "the function", "arguments": {"its": "arguments"}}]</tool_call>
        %s"""
        .formatted(tools, rule);
  }

  private static Message plain(Message message) {
    return switch (message.role()) {
      case TOOL, FUNCTION ->
          Message.user("<tool_response>" + message.content() + "</tool_response>");
      case ASSISTANT -> message.toolCalls().isEmpty() ? message : Message.assistant(calls(message));
      case SYSTEM, DEVELOPER, USER -> message;
    };
  }

  private static String calls(Message message) {
    List<Json> calls = new ArrayList<>();
    for (ToolCall call : message.toolCalls()) {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("name", new Json.Str(call.name()));
      members.put(ToolDialect.PLAIN.argumentsKey(), arguments(call));
      calls.add(new Json.Obj(members));
    }
    String text = message.content() == null ? "" : message.content();
    return text
        + ToolDialect.PLAIN.opening()
        + JsonText.of(new Json.Arr(calls))
        + ToolDialect.PLAIN.closing();
  }

  /** The arguments; if they are not JSON, whoever wrote them, as the text they are. */
  private static Json arguments(ToolCall call) {
    try {
      byte[] bytes = call.arguments().getBytes(StandardCharsets.UTF_8);
      return JsonReader.read(bytes, JsonLimits.DEFAULT);
    } catch (JsonException e) {
      return new Json.Str(call.arguments());
    }
  }
}
