package ai.kolm.prompt;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a chat template is asked to render.
 *
 * @param messages the conversation, in order
 * @param tools that the model may call, each as OpenAI writes it: {@code {"type": "function",
 *     "function": {"name": ..., "description": ..., "parameters": <JSON schema>}}}
 * @param addGenerationPrompt whether the prompt ends with what begins an answer
 * @param options switches that a template may know, by the name of its variable: one of {@link
 *     #OPTIONS}, with a scalar value
 */
public record PromptRequest(
    List<Message> messages,
    List<Json.Obj> tools,
    boolean addGenerationPrompt,
    Map<String, Json> options) {

  /** Options that say whether, or how much, the model should think. */
  static final Set<String> THINKING_OPTIONS =
      Set.of(
          "enable_thinking",
          "thinking",
          "thinking_mode",
          "thinking_effort",
          "thinking_budget",
          "reasoning_effort");

  /** Options that say what happens to the thoughts of earlier turns. */
  private static final Set<String> HISTORY_OPTIONS =
      Set.of("preserve_thinking", "clear_thinking", "keep_past_thinking", "drop_thinking");

  /** The names that {@link #options()} may have. */
  public static final Set<String> OPTIONS =
      Stream.of(THINKING_OPTIONS, HISTORY_OPTIONS)
          .flatMap(Set::stream)
          .collect(Collectors.toUnmodifiableSet());

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException if an option is not one of {@link #OPTIONS} or not a scalar
   */
  public PromptRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    options = Map.copyOf(options);
    options.forEach(
        (name, value) -> {
          if (!OPTIONS.contains(name)) {
            throw new IllegalArgumentException("unknown template option " + name);
          }
          if (value instanceof Json.Obj || value instanceof Json.Arr) {
            throw new IllegalArgumentException(
                "template option %s: expected a scalar, got %s".formatted(name, value.kind()));
          }
        });
  }

  /** A conversation to be answered, without tools and options. */
  public static PromptRequest of(Message... messages) {
    return new PromptRequest(List.of(messages), List.of(), true, Map.of());
  }

  PromptRequest withMessages(List<Message> others) {
    return new PromptRequest(others, tools, addGenerationPrompt, options);
  }
}
