package ai.kolm.chat;

import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolPrompt;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.json.Json;
import ai.kolm.prompt.ChatTemplate;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Prompt;
import ai.kolm.prompt.PromptRequest;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.TemplateException;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Renders the conversation of a request with the template of a model. */
final class PromptRenderer {
  private final Optional<ChatTemplate> template;
  private final Optional<String> system;
  private final ReplyStyle style;

  private PromptRenderer(
      Optional<ChatTemplate> template, Optional<String> system, ReplyStyle style) {
    this.template = template;
    this.system = system;
    this.style = style;
  }

  /**
   * How the model of {@code files} wants its prompts. A model without a template answers no
   * conversation: what the turns look like is part of what it was trained on.
   *
   * @throws ModelFormatException if kolm does not understand the template
   */
  static PromptRenderer of(ModelFiles files) throws ModelFormatException {
    Optional<ChatTemplate> template;
    try {
      template = files.text().template(Clock.system(ZoneId.systemDefault()));
    } catch (TemplateException e) {
      throw new ModelFormatException(files.id(), String.valueOf(e.getMessage()));
    }
    ReplyStyle style =
        template.isEmpty()
            ? ReplyStyle.PLAIN
            : ReplyStyle.of(files.text().chatTemplate().orElse(""), template.get().supportsTools());
    return new PromptRenderer(
        template, files.artifact().flatMap(a -> a.manifest().defaults().system()), style);
  }

  /** How the model writes calls and thoughts. */
  ReplyStyle style() {
    return style;
  }

  /**
   * The prompt of a request.
   *
   * @throws InvalidRequestException if the template refuses the messages
   */
  Prompt render(ChatRequest request) {
    List<Message> messages = withSystem(system, request.messages());
    if (!style.dialect().inTemplate()) {
      return render(template, ToolPrompt.messages(messages, request.tools()), List.of());
    }
    List<Json.Obj> tools =
        request.tools().isActive()
            ? request.tools().tools().stream().map(Tool::toJson).toList()
            : List.of();
    return render(template, messages, tools);
  }

  /** The conversation, led by the system message of the artifact unless it has one of its own. */
  private static List<Message> withSystem(Optional<String> system, List<Message> messages) {
    boolean own =
        messages.stream().anyMatch(m -> m.role() == Role.SYSTEM || m.role() == Role.DEVELOPER);
    return system.isEmpty() || own
        ? messages
        : Stream.concat(Stream.of(Message.system(system.get())), messages.stream()).toList();
  }

  private static Prompt render(
      Optional<ChatTemplate> template, List<Message> messages, List<Json.Obj> tools) {
    if (template.isEmpty()) {
      throw new InvalidRequestException(
          "messages",
          "this model has no chat template: it is a base model that continues text, not one that"
              + " answers messages");
    }
    try {
      return template.get().render(new PromptRequest(messages, tools, true, Map.of()));
    } catch (TemplateException e) {
      throw new InvalidRequestException("messages", e.reason());
    }
  }
}
