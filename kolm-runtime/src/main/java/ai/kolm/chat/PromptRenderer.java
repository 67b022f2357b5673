package ai.kolm.chat;

import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolDialect;
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
    return of(files, Clock.system(ZoneId.systemDefault()));
  }

  /** As {@link #of(ModelFiles)}, for templates that write the date. */
  static PromptRenderer of(ModelFiles files, Clock clock) throws ModelFormatException {
    Optional<ChatTemplate> template;
    try {
      template = files.text().template(clock);
    } catch (TemplateException e) {
      throw new ModelFormatException(files.id(), String.valueOf(e.getMessage()));
    }
    return new PromptRenderer(
        template,
        files.artifact().flatMap(a -> a.manifest().defaults().system()),
        style(template, files.text().chatTemplate().orElse("")));
  }

  /** With a template alone. */
  static PromptRenderer of(Optional<ChatTemplate> template, String source) {
    return new PromptRenderer(template, Optional.empty(), style(template, source));
  }

  private static ReplyStyle style(Optional<ChatTemplate> template, String source) {
    return template.isEmpty()
        ? ReplyStyle.PLAIN
        : ReplyStyle.of(source, template.get().supportsTools());
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
    return render(request, true);
  }

  /**
   * As {@link #render(ChatRequest)}.
   *
   * @param forAnswer whether it ends with what begins an answer
   */
  Prompt render(ChatRequest request, boolean forAnswer) {
    List<Message> messages = withSystem(system, request.messages());
    ToolDialect dialect = style.dialect();
    if (!style.writesCalls()) {
      messages = ToolPrompt.withCallsAsText(messages, dialect);
    }
    if (dialect == ToolDialect.PLAIN) {
      messages = ToolPrompt.withResultsAsText(messages);
    }
    if (!style.explains()) {
      boolean system = template.isEmpty() || template.get().supportsSystem();
      messages = ToolPrompt.explained(messages, request.tools(), dialect, system);
      return render(messages, List.of(), request, forAnswer);
    }
    List<Json.Obj> tools =
        request.tools().isActive()
            ? request.tools().tools().stream().map(Tool::toJson).toList()
            : List.of();
    return render(messages, tools, request, forAnswer);
  }

  /** The conversation, led by the system message of the artifact unless it has one of its own. */
  private static List<Message> withSystem(Optional<String> system, List<Message> messages) {
    boolean own =
        messages.stream().anyMatch(m -> m.role() == Role.SYSTEM || m.role() == Role.DEVELOPER);
    return system.isEmpty() || own
        ? messages
        : Stream.concat(Stream.of(Message.system(system.get())), messages.stream()).toList();
  }

  private Prompt render(
      List<Message> messages, List<Json.Obj> tools, ChatRequest request, boolean forAnswer) {
    if (template.isEmpty()) {
      throw new InvalidRequestException(
          "messages",
          "this model has no chat template: it is a base model that continues text, not one that"
              + " answers messages");
    }
    try {
      Map<String, Json> options =
          request.effort().map(ReasoningEffort::templateOptions).orElse(Map.of());
      return template.get().render(new PromptRequest(messages, tools, forAnswer, options));
    } catch (TemplateException e) {
      throw new InvalidRequestException("messages", e.reason());
    }
  }
}
