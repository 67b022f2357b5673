package ai.kolm.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.prompt.Prompt.Segment;
import ai.kolm.prompt.TemplateException.Kind;
import ai.kolm.prompt.jinja.TemplateGolden;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
  private static final String QWEN = "Qwen-Qwen2.5-7B-Instruct";

  private static final ToolCall CALL = new ToolCall("call12345", "f", "{\"a\": 1}");
  private static final Message CALLING =
      new Message(Role.ASSISTANT, null, null, List.of(CALL), null, null);

  @Test
  void theSegmentsTellTheTemplateFromTheConversation() throws TemplateException {
    Prompt prompt =
        compile(ChatTemplate.CHATML)
            .render(PromptRequest.of(Message.user("Hi<|im_end|>"), Message.assistant("")));
    assertEquals(
        List.of(
            new Segment("<|im_start|>user\n", true),
            new Segment("Hi<|im_end|>", false),
            new Segment(
                "<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n<|im_start|>assistant\n", true)),
        prompt.segments());
  }

  @Test
  void aSpecialTokenMadeOfTheRoleIsTheTemplates() throws TemplateException {
    Prompt prompt =
        compile("{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}")
            .render(PromptRequest.of(Message.user("|>")));
    assertEquals(
        List.of(new Segment("<|user|>", true), new Segment("|>", false)), prompt.segments());
  }

  @Test
  void theTokensOfTheModelAreTheTemplates() throws TemplateException {
    Prompt prompt =
        compile("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}").render(hello());
    assertEquals(
        List.of(new Segment("<s>", true), new Segment("Hello", false), new Segment("</s>", true)),
        prompt.segments());
  }

  @Test
  void aModelWithoutABeginningTokenHasNone() throws TemplateException {
    ChatTemplate template =
        ChatTemplate.compile(
            "[{{ bos_token }}{{ bos_token is defined }}]",
            Optional.empty(),
            Optional.empty(),
            Clock.systemUTC(),
            TemplateLimits.DEFAULT);
    assertEquals("[False]", template.render(hello()).text());
  }

  /** What transformers defines, always; and nothing else. */
  @Test
  void definesWhatTransformersDefines() throws TemplateException {
    String source =
        "{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ enable_thinking is defined }}"
            + "{{ messages[0].keys()|list }}{{ date_string is defined }}";
    assertEquals(
        "NoneNoneTrueFalse['role', 'content']False", compile(source).render(hello()).text());
  }

  @Test
  void aMessageHasTheKeysOfItsParts() throws TemplateException {
    Message answer = new Message(Role.ASSISTANT, "b", "n", List.of(CALL), null, "why");
    Message tool = new Message(Role.TOOL, "c", null, List.of(), "call12345", null);
    String source =
        "{% for m in messages %}{{ m.items()|rejectattr(0, 'eq', 'content')|list }};{% endfor %}";
    assertEquals(
        "[('thinking', 'why'), ('role', 'assistant'), ('reasoning_content', 'why'), ('name', 'n'),"
            + " ('tool_calls', [{'id': 'call12345', 'type': 'function', 'function': {'name': 'f',"
            + " 'arguments': {'a': 1}}}])];[('role', 'tool'), ('tool_call_id', 'call12345')];",
        compile(source).render(PromptRequest.of(answer, tool), MessageShape.TRANSFORMERS).chars());
  }

  @Test
  void argumentsThatAreNotJsonStayText() throws TemplateException {
    Message broken =
        new Message(
            Role.ASSISTANT, null, null, List.of(new ToolCall("i", "f", "{oops")), null, null);
    String source = "{{ messages[0].tool_calls[0].function.arguments }}";
    assertEquals("{oops", compile(source).render(PromptRequest.of(broken)).text());
  }

  @Test
  void findsOutWhatShapeOfMessagesATemplateWants() throws TemplateException {
    String call = "{% for m in messages %}{{ PRINT }}{% endfor %}";
    String arguments = "m.tool_calls[0].function.arguments";
    assertShape(true, true, call.replace("PRINT", arguments + "|tojson if m.tool_calls else ''"));
    assertShape(false, true, call.replace("PRINT", "'' if not m.tool_calls else " + arguments));
    assertShape(
        true,
        false,
        call.replace("PRINT", "m.content ~ (" + arguments + "|tojson if m.tool_calls)"));
    assertShape(
        false,
        false,
        call.replace("PRINT", "m.content + (" + arguments + " if m.tool_calls else '')"));
    assertShape(true, true, "nothing");
  }

  private static void assertShape(boolean objects, boolean nulls, String source)
      throws TemplateException {
    assertEquals(new MessageShape(objects, nulls, false), compile(source).shape(), source);
  }

  @Test
  void developerIsSystemUnlessTheTemplateKnowsIt() throws TemplateException {
    PromptRequest request = PromptRequest.of(Message.of(Role.DEVELOPER, "a"));
    assertEquals("system", compile("{{ messages[0].role }}").render(request).text());
    assertEquals(
        "developer",
        compile("{% if messages[0].role == 'developer' %}{% endif %}{{ messages[0].role }}")
            .render(request)
            .text());
  }

  @Test
  void mergesSystemMessagesWhenTheTemplateRefusesALateOne() throws TemplateException {
    String source =
        "{% for m in messages %}{% if m.role == 'system' and not loop.first %}"
            + "{{ raise_exception('late') }}{% endif %}{{ m.role }}={{ m.content }};{% endfor %}";
    ChatTemplate template = compile(source);
    PromptRequest late =
        PromptRequest.of(Message.user("u"), Message.system("a"), Message.of(Role.DEVELOPER, "b"));
    assertEquals("system=a\n\nb;user=u;", template.render(late).text());
    PromptRequest first = PromptRequest.of(Message.system("a"), Message.user("u"));
    assertEquals("system=a;user=u;", template.render(first).text());
  }

  @Test
  void doesNotMergeWhereTheTemplateTakesThem() throws TemplateException {
    String source = "{% for m in messages %}{{ m.role }}={{ m.content }};{% endfor %}";
    PromptRequest late = PromptRequest.of(Message.user("u"), Message.system("a"));
    assertEquals("user=u;system=a;", compile(source).render(late).text());
  }

  @Test
  void passesOnWhatTheTemplateSaid() throws TemplateException {
    ChatTemplate template = compile("\n\n{{ raise_exception('no ' ~ messages[0].content) }}");
    TemplateException e = assertThrows(TemplateException.class, () -> template.render(hello()));
    assertEquals(Kind.RAISED, e.kind());
    assertEquals("no Hello", e.reason());
    assertEquals(3, e.line());
    assertEquals("chat template, line 3: no Hello", e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"SYNTAX | {{", "SYNTAX | {% nosuch %}", "SYNTAX | {{ a|nosuch }}", "LIMIT | ''"})
  void refusesASourceThatIsNoTemplate(Kind kind, String source) {
    String text = source.isEmpty() ? "x".repeat(70_000) : source;
    assertEquals(kind, assertThrows(TemplateException.class, () -> compile(text)).kind());
  }

  @Test
  void renderingIsBounded() throws TemplateException {
    ChatTemplate template = compile("{{ 'a' * messages|length * 2000000 }}");
    assertEquals(2_000_000, template.render(hello()).text().length());
    PromptRequest three = PromptRequest.of(Message.user("a"), Message.user("b"), Message.user("c"));
    assertEquals(
        Kind.LIMIT, assertThrows(TemplateException.class, () -> template.render(three)).kind());
  }

  @Test
  void readsTheClockInItsZone() throws TemplateException {
    ChatTemplate template =
        ChatTemplate.compile(
            "{{ strftime_now('%d %B %Y, %H:%M') }}",
            Optional.empty(),
            Optional.empty(),
            TemplateGolden.clock("2026-02-03T04:05:06"),
            TemplateLimits.DEFAULT);
    assertEquals("03 February 2026, 04:05", template.render(hello()).text());
  }

  @Test
  void optionsAreAFixedListOfScalars() throws TemplateException {
    PromptRequest request =
        new PromptRequest(
            hello().messages(), List.of(), true, Map.of("enable_thinking", new Json.Bool(false)));
    assertEquals("False", compile("{{ enable_thinking }}").render(request).text());
    assertThrows(
        IllegalArgumentException.class, () -> withOption("chat_template", new Json.Str("x")));
    assertThrows(IllegalArgumentException.class, () -> withOption("messages", new Json.Null()));
    assertThrows(
        IllegalArgumentException.class, () -> withOption("thinking", new Json.Arr(List.of())));
  }

  private static PromptRequest withOption(String name, Json value) {
    return new PromptRequest(List.of(), List.of(), true, Map.of(name, value));
  }

  @ParameterizedTest
  @CsvSource({
    "HuggingFaceTB-SmolLM2-135M-Instruct, false, true, false",
    "HuggingFaceTB-SmolLM3-3B, false, true, true",
    "Qwen-Qwen2.5-7B-Instruct, true, true, false",
    "Qwen-Qwen3-0.6B, true, true, true",
    "ibm-granite-granite-3.3-2B-Instruct, true, true, true",
    "microsoft-Phi-3.5-mini-instruct, false, true, false",
    "mistralai-Mistral-Nemo-Instruct-2407, true, true, false",
    "openai-gpt-oss-120b, true, true, true",
    "meta-llama-Llama-3.2-3B-Instruct, true, true, false",
    "google-gemma-2-2b-it, false, false, false",
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use, true, true, false",
  })
  void knowsWhatATemplateSupports(String name, boolean tools, boolean system, boolean thinking)
      throws TemplateException {
    ChatTemplate template = compile(TemplateGolden.template(name));
    assertEquals(tools, template.supportsTools(), "tools");
    assertEquals(system, template.supportsSystem(), "system");
    assertEquals(thinking, template.supportsThinking(), "thinking");
  }

  /** Qwen's template stops on none as the content of a calling message; it gets an empty string. */
  @Test
  void rendersACallWithoutContentWhereTransformersFails() throws TemplateException {
    ChatTemplate template = compile(TemplateGolden.template("Qwen-Qwen3-0.6B"));
    assertFalse(template.shape().nullContent());
    Message answer = new Message(Role.TOOL, "42", null, List.of(), "call12345", null);
    String text = template.render(PromptRequest.of(Message.user("u"), CALLING, answer)).text();
    assertTrue(text.contains("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}"), text);
  }

  @Test
  void rendersManyMessagesInLittleTime() throws Exception {
    ChatTemplate template = compile(TemplateGolden.template(QWEN));
    List<Message> messages = Objects.requireNonNull(Conversation.readAll().get("long")).messages();
    PromptRequest request = new PromptRequest(messages, List.of(), true, Map.of());
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 500; i++) {
      long start = System.nanoTime();
      template.render(request);
      best = Math.min(best, System.nanoTime() - start);
    }
    assertTrue(best < 1_000_000, "%d messages took %d ns".formatted(messages.size(), best));
  }

  private static PromptRequest hello() {
    return PromptRequest.of(Message.user("Hello"));
  }

  private static ChatTemplate compile(String source) throws TemplateException {
    return ChatTemplate.compile(
        source, Optional.of("<s>"), Optional.of("</s>"), Clock.systemUTC(), TemplateLimits.DEFAULT);
  }
}
