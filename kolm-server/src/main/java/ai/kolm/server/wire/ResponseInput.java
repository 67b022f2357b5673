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

/**
 * The input of a response: a text, or items, which become the messages of a chat. Calls that follow
 * each other, and what the assistant said before them, are one message.
 */
final class ResponseInput {
  private static final int MAX_ITEMS = 10_000;
  private static final int MAX_PARTS = 1_000;
  private static final List<String> ROLES = List.of("user", "assistant", "system", "developer");
  private static final List<String> TEXTS = List.of("input_text", "output_text", "text");
  private static final List<String> TYPES =
      List.of("message", "function_call", "function_call_output", "reasoning");

  private final List<Message> messages = new ArrayList<>();

  /** Calls that have no output yet. */
  private final Set<String> openCalls = new LinkedHashSet<>();

  private ResponseInput() {}

  /** The messages, led by the instructions if there are any. */
  static List<Message> read(Fields request) throws InvalidFieldException {
    ResponseInput input = new ResponseInput();
    String instructions = request.findString("instructions");
    if (instructions != null) {
      input.messages.add(Message.system(instructions));
    }
    switch (request.get("input")) {
      case Json.Str text -> input.messages.add(Message.user(text.value()));
      case Json.Arr array -> {
        List<Json> items = Fields.sized(array.items(), "input", MAX_ITEMS);
        for (Fields item : Fields.objects(items, "input")) {
          input.add(item);
        }
      }
      case Json other -> throw Fields.wrongKind("input", "a string or an array of items", other);
    }
    input.checkAnswered("input");
    if (input.messages.isEmpty()) {
      throw new InvalidFieldException(
          "input", Code.INVALID_VALUE, "Invalid 'input': it has no message.");
    }
    return input.messages;
  }

  private void add(Fields item) throws InvalidFieldException {
    String type = item.has("type") ? item.string("type") : "message";
    switch (type) {
      case "message" -> message(item);
      case "function_call" -> call(item);
      case "function_call_output" -> output(item);
      case "reasoning" -> {} // thoughts of earlier turns are not for later ones
      case "item_reference" ->
          throw new InvalidFieldException(
              item.at("type"),
              Code.UNSUPPORTED_VALUE,
              "Unsupported value: this server keeps no items that could be referred to.");
      default -> throw Fields.invalidWord(item.at("type"), type, TYPES);
    }
  }

  private void message(Fields item) throws InvalidFieldException {
    String role = item.string("role");
    if (!ROLES.contains(role)) {
      throw Fields.invalidWord(item.at("role"), role, ROLES);
    }
    checkAnswered(item.at("role"));
    String text = text(item, "content");
    messages.add(
        new Message(
            Role.valueOf(role.toUpperCase(Locale.ROOT)), text, null, List.of(), null, null));
  }

  private void call(Fields item) throws InvalidFieldException {
    ToolCall call =
        new ToolCall(item.string("call_id"), item.string("name"), item.string("arguments"));
    List<ToolCall> calls = new ArrayList<>();
    String content = null;
    if (!messages.isEmpty() && messages.getLast().role() == Role.ASSISTANT) {
      Message said = messages.removeLast();
      content = said.content();
      calls.addAll(said.toolCalls());
    }
    calls.add(call);
    openCalls.add(call.id());
    messages.add(new Message(Role.ASSISTANT, content, null, calls, null, null));
  }

  private void output(Fields item) throws InvalidFieldException {
    String id = item.string("call_id");
    if (!openCalls.remove(id)) {
      throw new InvalidFieldException(
          item.at("call_id"),
          Code.CONTRADICTION,
          "No open function call has the call_id '%s'.".formatted(Fields.shortened(id)));
    }
    messages.add(new Message(Role.TOOL, text(item, "output"), null, List.of(), id, null));
  }

  private void checkAnswered(String at) throws InvalidFieldException {
    if (!openCalls.isEmpty()) {
      throw new InvalidFieldException(
          at,
          Code.CONTRADICTION,
          "No output was found for these function calls: "
              + Fields.shortened(String.join(", ", openCalls)));
    }
  }

  /** A text, or parts of text that are joined. */
  private static String text(Fields item, String name) throws InvalidFieldException {
    return switch (item.get(name)) {
      case Json.Str text -> text.value();
      case Json.Arr parts -> {
        StringBuilder text = new StringBuilder();
        String at = item.at(name);
        if (parts.items().size() > MAX_PARTS) {
          Fields.sized(parts.items(), at, MAX_PARTS);
        }
        for (Fields part : Fields.objects(parts.items(), at)) {
          text.append(part(part));
        }
        yield text.toString();
      }
      case Json other ->
          throw Fields.wrongKind(item.at(name), "a string or an array of parts", other);
    };
  }

  private static String part(Fields part) throws InvalidFieldException {
    String type = part.string("type");
    if (TEXTS.contains(type)) {
      return part.string("text");
    }
    if (type.equals("refusal")) {
      return part.string("refusal");
    }
    if (type.equals("input_image") || type.equals("input_file") || type.equals("input_audio")) {
      throw new InvalidFieldException(
          part.at("type"),
          Code.UNSUPPORTED_VALUE,
          "Invalid '%s': this model has no content of type '%s'.".formatted(part.at("type"), type));
    }
    throw Fields.invalidWord(part.at("type"), type, TEXTS);
  }
}
