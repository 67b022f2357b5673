package ai.kolm.prompt;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param content the text; {@code null} only for an assistant that just calls tools
 * @param name of the speaker or function, where given
 * @param toolCalls calls that an assistant made, in order
 * @param toolCallId for {@link Role#TOOL}: the call this answers
 * @param reasoning what an assistant thought before it answered, where the conversation keeps it
 */
public record Message(
    Role role,
    @Nullable String content,
    @Nullable String name,
    List<ToolCall> toolCalls,
    @Nullable String toolCallId,
    @Nullable String reasoning) {

  /**
   * @throws IllegalArgumentException if a message has neither text nor tool calls, or tool calls
   *     without being an assistant's
   */
  public Message {
    Objects.requireNonNull(role);
    toolCalls = List.copyOf(toolCalls);
    if (content == null && toolCalls.isEmpty()) {
      throw new IllegalArgumentException("a message needs content or tool calls");
    }
    if (!toolCalls.isEmpty() && role != Role.ASSISTANT) {
      throw new IllegalArgumentException("only an assistant calls tools");
    }
  }

  /** A plain text message. */
  public static Message of(Role role, String content) {
    return new Message(role, content, null, List.of(), null, null);
  }

  /** A message of the user. */
  public static Message user(String content) {
    return of(Role.USER, content);
  }

  /** A system message. */
  public static Message system(String content) {
    return of(Role.SYSTEM, content);
  }

  /** An answer of the model. */
  public static Message assistant(String content) {
    return of(Role.ASSISTANT, content);
  }
}
