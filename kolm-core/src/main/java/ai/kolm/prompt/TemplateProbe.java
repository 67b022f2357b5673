package ai.kolm.prompt;

import ai.kolm.json.Json;
import ai.kolm.prompt.jinja.Template;
import ai.kolm.prompt.jinja.TemplateError;
import ai.kolm.prompt.jinja.Text;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Finds out what a template supports by rendering small conversations and looking for marks in the
 * result. What a template does cannot be told from its source with less than rendering it.
 */
final class TemplateProbe {
  private static final String MARK = "probe7mark";
  private static final String KEY = "probe7key";

  /** Where conventions differ, the usual one first. */
  private static final List<MessageShape> SHAPES =
      List.of(
          MessageShape.TRANSFORMERS,
          new MessageShape(true, false, true),
          new MessageShape(false, true, true),
          new MessageShape(false, false, true));

  private final BiFunction<PromptRequest, MessageShape, Text> renderer;
  private final Template template;

  TemplateProbe(BiFunction<PromptRequest, MessageShape, Text> renderer, Template template) {
    this.renderer = renderer;
    this.template = template;
  }

  /**
   * What a template supports.
   *
   * @param tools whether tools appear in the prompt
   * @param system whether a system message appears in the prompt
   * @param thinking whether an option that switches thinking is read
   * @param shape what it expects of messages
   */
  record Findings(boolean tools, boolean system, boolean thinking, MessageShape shape) {}

  Findings findings() {
    MessageShape shape = shape();
    return new Findings(
        shows(List.of(Message.user("a")), List.of(tool(MARK)), shape),
        system(List.of(), shape) || system(List.of(tool("f")), shape),
        !Collections.disjoint(template.names(), PromptRequest.THINKING_OPTIONS),
        shape);
  }

  /** With tools too, for there are templates that accept no conversation without. */
  private boolean system(List<Json.Obj> tools, MessageShape shape) {
    return shows(List.of(Message.system(MARK), Message.user("a")), tools, shape);
  }

  private boolean shows(List<Message> messages, List<Json.Obj> tools, MessageShape shape) {
    return render(new PromptRequest(messages, tools, true, Map.of()), shape).contains(MARK);
  }

  private MessageShape shape() {
    boolean developer = template.strings().stream().anyMatch(s -> s.contains("developer"));
    MessageShape chosen =
        SHAPES.stream().filter(this::showsCall).findFirst().orElse(MessageShape.TRANSFORMERS);
    return new MessageShape(chosen.objectArguments(), chosen.nullContent(), developer);
  }

  /**
   * Whether a call and its arguments appear in the prompt, and not the way Python prints a
   * dictionary or none, which no model was trained on.
   */
  private boolean showsCall(MessageShape shape) {
    String prompt = render(callRequest(), shape);
    return prompt.contains(KEY)
        && !prompt.contains("'" + KEY + "'")
        && !prompt.contains("\\\"" + KEY)
        && !(shape.nullContent() && printsNone(prompt, shape.objectArguments()));
  }

  /** Whether the word is there because the content is none, and not there if it is empty. */
  private boolean printsNone(String prompt, boolean objectArguments) {
    String other = render(callRequest(), new MessageShape(objectArguments, false, true));
    return other.contains(KEY) && count(prompt) > count(other);
  }

  private static int count(String prompt) {
    return prompt.split("None", -1).length;
  }

  private static PromptRequest callRequest() {
    ToolCall call = new ToolCall("call12345", MARK, "{\"" + KEY + "\": \"b\"}");
    Message asking = new Message(Role.ASSISTANT, null, null, List.of(call), null, null);
    Message answer = new Message(Role.TOOL, "c", MARK, List.of(), call.id(), null);
    return new PromptRequest(
        List.of(Message.user("a"), asking, answer), List.of(tool(MARK)), true, Map.of());
  }

  private static Json.Obj tool(String name) {
    Json.Obj parameters =
        new Json.Obj(Map.of("type", new Json.Str("object"), "properties", new Json.Obj(Map.of())));
    Json.Obj function =
        new Json.Obj(
            Map.of(
                "name", new Json.Str(name),
                "description", new Json.Str("d"),
                "parameters", parameters));
    return new Json.Obj(Map.of("type", new Json.Str("function"), "function", function));
  }

  /** The prompt; nothing if the template does not accept the conversation. */
  private String render(PromptRequest request, MessageShape shape) {
    try {
      return renderer.apply(request, shape).chars();
    } catch (TemplateError e) {
      return "";
    }
  }
}
