package ai.kolm.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.tool.ReplyParser;
import ai.kolm.chat.tool.ReplyPart;
import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolDialect;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.ChatTemplate;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Prompt;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.TemplateLimits;
import ai.kolm.prompt.ToolCall;
import ai.kolm.prompt.jinja.TemplateGolden;
import ai.kolm.tokenizer.Vocabulary;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Templates of real models: the dialect is found, and a call that is part of the conversation
 * becomes, whoever writes it, a text that the dialect's grammar takes and its parser reads back.
 */
final class TemplateCallsTest {
  private static final String ARGUMENTS = "{\"city\": \"São Paulo\", \"days\": 3}";

  private final Vocabulary bytes = FakeTokenizer.ofBytesAnd().vocabulary();
  private final int[] tokens = new int[256];
  private final GrammarCache grammars =
      new GrammarCache(bytes, Set.of(), GrammarLimits.DEFAULT, 64L << 20);

  TemplateCallsTest() {
    for (int id = 0; id < bytes.size(); id++) {
      if (bytes.kind(id) == Vocabulary.Kind.NORMAL) {
        tokens[bytes.bytes(id)[0] & 0xFF] = id;
      }
    }
  }

  private static Json.Obj object(String json) throws Exception {
    return (Json.Obj) JsonReader.read(json.getBytes(UTF_8), JsonLimits.DEFAULT);
  }

  private static ToolUse tools() throws Exception {
    String schema =
        "{\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"}}}";
    return ToolUse.auto(
        new Tool("get_time", "", Tool.NO_PARAMETERS, false),
        new Tool("get_weather", "The weather", object(schema), false));
  }

  private static String render(String name, int calls) throws Exception {
    ChatTemplate template =
        ChatTemplate.compile(
            TemplateGolden.template(name),
            Optional.of("<bos>"),
            Optional.of("<eos>"),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
            TemplateLimits.DEFAULT);
    List<ToolCall> made =
        IntStream.range(0, calls)
            .mapToObj(i -> new ToolCall("callid00" + i, "get_weather", ARGUMENTS))
            .toList();
    List<Message> messages = new ArrayList<>();
    messages.add(Message.user("Will it rain?"));
    messages.add(new Message(Role.ASSISTANT, null, null, made, null, null));
    made.forEach(
        c -> messages.add(new Message(Role.TOOL, "sunny", "get_weather", List.of(), c.id(), null)));
    ChatRequest request = ChatRequest.of(messages).withTools(tools());
    Prompt prompt =
        PromptRenderer.of(Optional.of(template), TemplateGolden.template(name)).render(request);
    return prompt.segments().stream().map(Prompt.Segment::text).collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource({
    "Qwen-Qwen3-0.6B, HERMES",
    "ibm-granite-granite-4.0, HERMES",
    "NousResearch-Hermes-3-Llama-3.1-8B-tool_use, HERMES",
    "meta-llama-Llama-3.1-8B-Instruct, LLAMA3",
    "meta-llama-Llama-3.2-3B-Instruct, LLAMA3",
    "mistralai-Mistral-Nemo-Instruct-2407, MISTRAL",
    "Mistral-Small-3.2-24B-Instruct-2506, MISTRAL_11",
    "mistralai-Ministral-3-14B-Reasoning-2512, MISTRAL_13",
    "unsloth-mistral-Devstral-Small-2507, MISTRAL_13",
    "ibm-granite-granite-3.3-2B-Instruct, GRANITE",
    "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B, DEEPSEEK_V3",
    "llama-cpp-deepseek-r1, DEEPSEEK_V3",
    "deepseek-ai-DeepSeek-V3.1, DEEPSEEK_V31",
    "LFM2-8B-A1B, LFM2",
    "LFM2.5-8B-A1B, LFM2",
    "HuggingFaceTB-SmolLM2-135M-Instruct, PLAIN",
    "google-gemma-2-2b-it, PLAIN"
  })
  void aCallOfTheConversationIsOneOfTheDialect(String name, ToolDialect expected) throws Exception {
    String source = TemplateGolden.template(name);
    ToolDialect dialect = ToolDialect.of(source, source.contains("tools"));
    assertEquals(expected, dialect);
    for (int calls = 1; calls <= (dialect.isParallel() ? 2 : 1); calls++) {
      String prompt = render(name, calls);
      int start =
          prompt.lastIndexOf(
              "get_weather", prompt.indexOf("São Paulo", prompt.lastIndexOf("Will it rain?")));
      start = prompt.lastIndexOf(dialect.opening().isEmpty() ? "{" : dialect.opening(), start);
      assertTrue(start >= 0, prompt);
      String answer = taken(dialect, prompt.substring(start));
      assertEquals(calls, count(dialect, answer), answer);
    }
  }

  /** The longest beginning of {@code text} that is an answer. */
  private String taken(ToolDialect dialect, String text) throws Exception {
    ChatRequest request =
        ChatRequest.of(Message.user("x"))
            .withTools(new ToolUse(tools().tools(), ToolUse.Mode.REQUIRED, Set.of(), true));
    TokenMatcher matcher =
        new Constraints(grammars, dialect).of(request, Optional.empty()).matcher();
    byte[] utf8 = text.getBytes(UTF_8);
    int complete = 0;
    for (int i = 0; i < utf8.length; i++) {
      try {
        matcher.accept(tokens[utf8[i] & 0xFF]);
      } catch (IllegalArgumentException e) {
        break; // what follows is the rest of the conversation
      }
      complete = matcher.isComplete() ? i + 1 : complete;
    }
    return new String(utf8, 0, complete, UTF_8);
  }

  private static int count(ToolDialect dialect, String answer) throws Exception {
    ReplyParser parser = new ReplyParser(dialect, Optional.empty());
    StringBuilder arguments = new StringBuilder();
    for (ReplyPart part : parser.next(answer)) {
      switch (part) {
        case ReplyPart.CallStart start -> assertEquals("get_weather", start.name());
        case ReplyPart.Arguments more -> arguments.append(more.text());
        default -> throw new AssertionError(part + " of " + answer);
      }
    }
    String one = arguments.substring(0, arguments.length() / Math.max(1, parser.calls()));
    assertEquals(object(ARGUMENTS), object(one));
    return parser.calls();
  }
}
