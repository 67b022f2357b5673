package ai.kolm.chat.tool;

import ai.kolm.json.JsonText;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import java.util.ArrayList;
import java.util.List;

/**
 * Tools and calls in the words of a {@link ToolDialect}, for chat templates that do not write them:
 * the system message explains the tools, calls of the history are texts of the assistant, their
 * results, where the template knows nothing of calls at all, texts of the user.
 */
public final class ToolPrompt {
  private static final String MAY = "When no function helps, answer in words.";
  private static final String MUST = "You must call a function now.";
  private static final String PLAIN_FORM =
      """
      To call functions, answer with nothing but a JSON array of calls between two tags:
      <tool_call>[{"name": "the function", "arguments": {"its": "arguments"}}]</tool_call>""";
  private static final String OTHER_FORM =
      "To call functions, answer with nothing but calls in this form:\n";

  private ToolPrompt() {}

  /**
   * The conversation with an explanation of the tools: in its system message, or, where the model
   * has none, in front of what the user says first.
   *
   * @param system whether the model has system messages
   */
  public static List<Message> explained(
      List<Message> messages, ToolUse use, ToolDialect dialect, boolean system) {
    if (!use.isActive()) {
      return messages;
    }
    List<Message> told = new ArrayList<>(messages);
    Message first = told.getFirst();
    if (isSystem(first)) {
      String own = first.content() + "\n\n";
      told.set(0, Message.of(first.role(), own + explanation(use, dialect)));
    } else if (!system && first.role() == Role.USER) {
      told.set(0, Message.user(explanation(use, dialect) + "\n\n" + first.content()));
    } else {
      told.addFirst(Message.system(explanation(use, dialect)));
    }
    return told;
  }

  /** The conversation with calls as texts of the assistant, and their results as results. */
  public static List<Message> withCallsAsText(List<Message> messages, ToolDialect dialect) {
    return messages.stream().map(message -> withCallsAsText(message, dialect)).toList();
  }

  /** The conversation with results of calls as texts of the user, those of an answer in one. */
  public static List<Message> withResultsAsText(List<Message> messages) {
    List<Message> all = new ArrayList<>();
    boolean results = false;
    for (Message message : messages) {
      boolean result = message.role() == Role.TOOL || message.role() == Role.FUNCTION;
      if (!result) {
        all.add(message);
      } else {
        String before = results ? all.removeLast().content() + "\n" : "";
        String text = "<tool_response>" + message.content() + "</tool_response>";
        all.add(Message.user(before + text));
      }
      results = result;
    }
    return all;
  }

  private static boolean isSystem(Message message) {
    return message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER;
  }

  private static String explanation(ToolUse use, ToolDialect dialect) {
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
        %s
        %s"""
        .formatted(tools, form(dialect), rule);
  }

  private static String form(ToolDialect dialect) {
    if (dialect == ToolDialect.PLAIN) {
      return PLAIN_FORM;
    }
    ToolCall example = new ToolCall("", "the_function", "{\"its\": \"arguments\"}");
    return OTHER_FORM + CallText.of(dialect, List.of(example));
  }

  private static Message withCallsAsText(Message message, ToolDialect dialect) {
    if (message.toolCalls().isEmpty()) {
      return message;
    }
    String text = message.content() == null ? "" : message.content();
    return Message.assistant(text + CallText.of(dialect, message.toolCalls()));
  }
}
