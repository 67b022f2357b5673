package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The conversation. Checks each message by its role, and that calls of tools have their answers.
 */
final class MessageFields {
  private static final int MAX_MESSAGES = 10_000;
  private static final int MAX_PARTS = 1_000;
  private static final int MAX_TOOL_CALLS = 128;
  private static final int MAX_NAME = 64;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1," + MAX_NAME + "}");
  private static final List<String> ROLES =
      Stream.of(Role.values()).map(role -> role.name().toLowerCase(Locale.ROOT)).toList();
  private static final List<String> OTHER_MEDIA = List.of("image_url", "input_audio", "file");

  private final List<Message> messages = new ArrayList<>();

  /** Calls of the last assistant message that have no answer yet. */
  private final Set<String> openCalls = new LinkedHashSet<>();

  private MessageFields() {}

  static List<Message> read(Fields request) throws InvalidFieldException {
    Json json = request.get("messages");
    if (!(json instanceof Json.Arr array)) {
      throw Fields.wrongKind("messages", "an array of objects", json);
    }
    MessageFields reader = new MessageFields();
    List<Json> items = Fields.sized(array.items(), "messages", MAX_MESSAGES);
    for (Fields fields : Fields.objects(items, "messages")) {
      reader.add(fields);
    }
    reader.checkAnswered("messages[%d]".formatted(items.size() - 1));
    return reader.messages;
  }

  private void add(Fields fields) throws InvalidFieldException {
    String word = fields.string("role");
    if (!ROLES.contains(word)) {
      throw Fields.invalidWord(fields.at("role"), word, ROLES);
    }
    Role role = Role.valueOf(word.toUpperCase(Locale.ROOT));
    if (role != Role.TOOL) {
      checkAnswered("messages[%d]".formatted(messages.size()));
    }
    messages.add(
        switch (role) {
          case SYSTEM, DEVELOPER, USER ->
              new Message(role, content(fields), name(fields), List.of(), null, null);
          case ASSISTANT -> assistant(fields);
          case TOOL -> tool(fields);
          case FUNCTION -> function(fields);
        });
  }

  private void checkAnswered(String at) throws InvalidFieldException {
    if (!openCalls.isEmpty()) {
      throw new InvalidFieldException(
          at,
          Code.CONTRADICTION,
          "An assistant message with 'tool_calls' must be followed by tool messages responding to"
              + " each 'tool_call_id'. These have no response: "
              + Fields.shortened(String.join(", ", openCalls)));
    }
  }

  private Message assistant(Fields fields) throws InvalidFieldException {
    List<ToolCall> calls = toolCalls(fields);
    calls.forEach(call -> openCalls.add(call.id()));
    if (calls.isEmpty()) {
      calls = functionCall(fields);
    }
    String refusal = fields.findString("refusal");
    String content;
    if (fields.has("content")) {
      content = content(fields);
    } else if (refusal != null || !calls.isEmpty()) {
      content = refusal;
    } else {
      content = fields.string("content");
    }
    String reasoning = fields.findString("reasoning_content");
    return new Message(Role.ASSISTANT, content, name(fields), calls, null, reasoning);
  }

  private static List<ToolCall> toolCalls(Fields fields) throws InvalidFieldException {
    List<Json> items = fields.findArray("tool_calls", MAX_TOOL_CALLS);
    List<ToolCall> calls = new ArrayList<>();
    if (items == null) {
      return calls;
    }
    for (Fields call : Fields.objects(items, fields.at("tool_calls"))) {
      String type = call.string("type");
      calls.add(
          switch (type) {
            case "function" -> call(call.string("id"), call.object("function"));
            case "custom" -> customCall(call.string("id"), call.object("custom"));
            default ->
                throw unsupported(
                    call.at("type"), "calls of type '%s'".formatted(Fields.shortened(type)));
          });
    }
    return calls;
  }

  private static List<ToolCall> functionCall(Fields fields) throws InvalidFieldException {
    Fields call = fields.findObject("function_call");
    return call == null ? List.of() : List.of(call(call.string("name"), call));
  }

  private static ToolCall call(String id, Fields function) throws InvalidFieldException {
    String name = function.string("name");
    checkName(function.at("name"), name);
    return new ToolCall(id, name, function.string("arguments"));
  }

  private static ToolCall customCall(String id, Fields custom) throws InvalidFieldException {
    String name = custom.string("name");
    checkName(custom.at("name"), name);
    return new ToolCall(id, name, custom.string("input"), true);
  }

  private Message tool(Fields fields) throws InvalidFieldException {
    String id = fields.string("tool_call_id");
    if (!openCalls.remove(id)) {
      throw new InvalidFieldException(
          fields.at("role"),
          Code.CONTRADICTION,
          "Messages with role 'tool' must be a response to a preceding message with 'tool_calls',"
              + " each call once; there is no open call '%s'.".formatted(Fields.shortened(id)));
    }
    return new Message(Role.TOOL, content(fields), name(fields), List.of(), id, null);
  }

  private static Message function(Fields fields) throws InvalidFieldException {
    String name = fields.string("name");
    checkName(fields.at("name"), name);
    String content = fields.has("content") ? content(fields) : "";
    return new Message(Role.FUNCTION, content, name, List.of(), null, null);
  }

  private static @Nullable String name(Fields fields) throws InvalidFieldException {
    String name = fields.findString("name");
    if (name != null) {
      checkName(fields.at("name"), name);
    }
    return name;
  }

  private static void checkName(String at, String name) throws InvalidFieldException {
    // The length first: a pattern is not run over what can be megabytes.
    if (name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
      throw new InvalidFieldException(
          at,
          Code.INVALID_VALUE,
          "Invalid '%s': expected 1 to %d letters, digits, '_' or '-'.".formatted(at, MAX_NAME));
    }
  }

  /** The text of {@code fields.content}: a string, or parts that are joined. */
  static String content(Fields fields) throws InvalidFieldException {
    return switch (fields.get("content")) {
      case Json.Str text -> text.value();
      case Json.Arr parts -> parts(parts.items(), fields.at("content"));
      case Json other ->
          throw Fields.wrongKind(fields.at("content"), "a string or an array of objects", other);
    };
  }

  private static String parts(List<Json> items, String at) throws InvalidFieldException {
    StringBuilder text = new StringBuilder();
    for (Fields part : Fields.objects(Fields.sized(items, at, MAX_PARTS), at)) {
      String type = part.string("type");
      switch (type) {
        case "text" -> text.append(part.string("text"));
        case "refusal" -> text.append(part.string("refusal"));
        default -> {
          if (OTHER_MEDIA.contains(type)) {
            throw unsupported(part.at("type"), "content of type '%s'".formatted(type));
          }
          throw Fields.invalidWord(part.at("type"), type, List.of("text", "refusal"));
        }
      }
    }
    return text.toString();
  }

  private static InvalidFieldException unsupported(String at, String what) {
    return new InvalidFieldException(
        at, Code.UNSUPPORTED_VALUE, "Invalid '%s': this model has no %s.".formatted(at, what));
  }
}
