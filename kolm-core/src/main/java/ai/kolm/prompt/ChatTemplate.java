package ai.kolm.prompt;

import ai.kolm.json.Json;
import ai.kolm.prompt.TemplateException.Kind;
import ai.kolm.prompt.jinja.Template;
import ai.kolm.prompt.jinja.TemplateError;
import ai.kolm.prompt.jinja.Text;
import ai.kolm.prompt.jinja.Value;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The chat template of a model: turns a conversation into the prompt that the model was trained on.
 *
 * <pre>{@code
 * ChatTemplate template =
 *     ChatTemplate.compile(source, Optional.of("<s>"), Optional.of("</s>"), clock, limits);
 * Prompt prompt = template.render(PromptRequest.of(Message.user("Hello")));
 * }</pre>
 *
 * <p>The language is Jinja, as jinja2 with the settings of Hugging Face transformers understands
 * it, run in a sandbox that has nothing but these values: {@code messages}, {@code tools} and
 * {@code documents} (both none if there are none), {@code add_generation_prompt}, {@code bos_token}
 * and {@code eos_token} where the model has them, the {@linkplain PromptRequest#OPTIONS options} of
 * the request, and the functions {@code raise_exception}, {@code strftime_now}, {@code namespace},
 * {@code range} and {@code dict}.
 *
 * <p>The prompt is in segments: what the template wrote, together with role names and the two
 * tokens, is apart from what messages, tools and options said, whatever the template did to it.
 *
 * <p>Where templates disagree about messages, renderings at compile time find out what this one
 * wants: the arguments of a call parsed or as text, and none or an empty string for the content of
 * a message that only calls tools. {@link Role#DEVELOPER} becomes {@code system} unless the
 * template mentions {@code developer}. If the template raises and there is a system message behind
 * another message, all system messages are merged into one at the front, and it is tried once more.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class ChatTemplate {
  /**
   * The ChatML turn format, for a model that was trained on it and has lost its template. Nothing
   * falls back to it: a caller has to choose it.
   */
  public static final String CHATML =
      """
      {%- for message in messages %}
      {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
      {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """;

  private final Renderer renderer;
  private final TemplateProbe.Findings findings;

  private ChatTemplate(Renderer renderer, TemplateProbe.Findings findings) {
    this.renderer = renderer;
    this.findings = findings;
  }

  /**
   * Reads a template and finds out what it supports.
   *
   * @param source the Jinja text
   * @param bosToken the text of the token that begins a prompt, if the model has one
   * @param eosToken the text of the token that ends an answer, if the model has one
   * @param clock what the template sees as today, in the zone of the clock
   * @param limits what reading it, and each rendering, may cost
   * @throws TemplateException if the source is no template or beyond a limit
   */
  public static ChatTemplate compile(
      String source,
      Optional<String> bosToken,
      Optional<String> eosToken,
      Clock clock,
      TemplateLimits limits)
      throws TemplateException {
    Map<String, Value> tokens = new HashMap<>();
    bosToken.ifPresent(token -> tokens.put("bos_token", Text.template(token)));
    eosToken.ifPresent(token -> tokens.put("eos_token", Text.template(token)));
    try {
      Template template = Template.parse(source, limits.sourceLength(), limits.depth());
      Renderer renderer = new Renderer(template, tokens, clock, limits);
      return new ChatTemplate(renderer, new TemplateProbe(renderer::render, template).findings());
    } catch (TemplateError e) {
      throw exception(e);
    }
  }

  /** Whether tools that are passed to it appear in the prompt. */
  public boolean supportsTools() {
    return findings.tools();
  }

  /** Whether a system message appears in the prompt. */
  public boolean supportsSystem() {
    return findings.system();
  }

  /** Whether the template reads an option that switches thinking, such as enable_thinking. */
  public boolean supportsThinking() {
    return findings.thinking();
  }

  /** What this template expects of messages. */
  MessageShape shape() {
    return findings.shape();
  }

  /**
   * The prompt of a conversation.
   *
   * @throws TemplateException if the template refuses the conversation, does not fit it, or costs
   *     more than the limits
   * @throws IllegalArgumentException if the JSON of a tool is nested deeper than 64
   */
  public Prompt render(PromptRequest request) throws TemplateException {
    try {
      return prompt(renderer.render(request, findings.shape()));
    } catch (TemplateError e) {
      List<Message> merged = withOneSystemMessage(request.messages());
      if (e.kind() != TemplateError.Kind.RAISED || merged.equals(request.messages())) {
        throw exception(e);
      }
      try {
        return prompt(renderer.render(request.withMessages(merged), findings.shape()));
      } catch (TemplateError again) {
        throw exception(again);
      }
    }
  }

  /** One rendering, of messages as they are. */
  Text render(PromptRequest request, MessageShape shape) {
    return renderer.render(request, shape);
  }

  private record Renderer(
      Template template, Map<String, Value> tokens, Clock clock, TemplateLimits limits) {

    Text render(PromptRequest request, MessageShape shape) {
      Map<String, Value> variables = new HashMap<>(tokens);
      request.options().forEach((name, value) -> variables.put(name, PlainValues.of(value)));
      List<Json.Obj> tools = request.tools();
      variables.put("messages", list(request.messages(), m -> PlainValues.of(m, shape)));
      variables.put("tools", tools.isEmpty() ? Value.None.NONE : list(tools, PlainValues::of));
      variables.put("documents", Value.None.NONE);
      variables.put("add_generation_prompt", Value.Bool.of(request.addGenerationPrompt()));
      return template.render(variables, clock, limits.budget());
    }

    private static <T> Value list(List<T> items, Function<T, Value> change) {
      return Value.Seq.list(items.stream().map(change).toList());
    }
  }

  private static Prompt prompt(Text text) {
    List<Prompt.Segment> segments = new ArrayList<>();
    text.forEachRun((piece, own) -> segments.add(new Prompt.Segment(piece, own)));
    return new Prompt(segments);
  }

  /** The same conversation if no system message stands behind another message. */
  private static List<Message> withOneSystemMessage(List<Message> messages) {
    List<Message> system = messages.stream().filter(ChatTemplate::isSystem).toList();
    if (system.isEmpty() || (system.size() == 1 && isSystem(messages.getFirst()))) {
      return messages;
    }
    String content =
        system.stream()
            .map(Message::content)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("\n\n"));
    List<Message> merged = new ArrayList<>();
    merged.add(Message.of(system.getFirst().role(), content));
    messages.stream().filter(message -> !isSystem(message)).forEach(merged::add);
    return Collections.unmodifiableList(merged);
  }

  private static boolean isSystem(Message message) {
    return message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER;
  }

  private static TemplateException exception(TemplateError error) {
    Kind kind =
        switch (error.kind()) {
          case SYNTAX -> Kind.SYNTAX;
          case LIMIT -> Kind.LIMIT;
          case RAISED -> Kind.RAISED;
          case EVALUATION -> Kind.EVALUATION;
        };
    return new TemplateException(kind, error.line(), error.reason());
  }
}
