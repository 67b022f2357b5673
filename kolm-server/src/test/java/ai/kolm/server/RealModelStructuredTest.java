package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.FinishReason;
import ai.kolm.chat.IncompleteAnswerException;
import ai.kolm.chat.ResponseFormat;
import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Prompt;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import ai.kolm.reference.ReferenceData;
import ai.kolm.sampling.SamplingParams;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * SmolLM2 at temperature 1: whatever a model of this size makes up, every answer that ends meets
 * its schema, in the eyes of another validator.
 */
final class RealModelStructuredTest {
  /** The validator takes only top-level domains that it knows for an address; RFC 5321 does not. */
  private static final String MAILBOX = "\"pattern\":\"^[^@ ]+@[A-Za-z0-9.:\\\\[\\\\]-]+$\"";

  private static ChatCompletions chat;

  @BeforeAll
  static void open() throws Exception {
    chat = ChatCompletions.open(ReferenceData.smollm2());
  }

  @AfterAll
  static void close() {
    if (chat != null) { // where the model cannot be had
      chat.close();
    }
  }

  private static List<String> schemas() throws IOException {
    try (InputStream in =
        RealModelStructuredTest.class.getResourceAsStream("/schemas/hundred.jsonl")) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  private static ChatRequest ask(String question, int maxTokens, long seed) {
    return ChatRequest.of(Message.user(question))
        .withSampling(SamplingParams.DEFAULT)
        .withMaxTokens(maxTokens)
        .withSeed(seed);
  }

  private static Schema validator(String schema) {
    SchemaRegistryConfig formats =
        SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
    return SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12, builder -> builder.schemaRegistryConfig(formats))
        .getSchema(schema.replace("\"format\":\"email\"", MAILBOX));
  }

  /** How many answers ended; all of these are valid. */
  private static int judge(List<String> schemas, int choices, int maxTokens) throws Exception {
    return judge(chat, schemas, choices, maxTokens);
  }

  private static int judge(ChatCompletions chat, List<String> schemas, int choices, int maxTokens)
      throws Exception {
    int ended = 0;
    for (int i = 0; i < schemas.size(); i++) {
      String schema = schemas.get(i);
      ChatResponse response =
          chat.complete(
              ask("Make up an example that meets this JSON schema: " + schema, maxTokens, i)
                  .withChoices(choices)
                  .withResponseFormat(ResponseFormat.jsonSchema(schema)));
      for (ChatResponse.Choice choice : response.choices()) {
        String text = String.valueOf(choice.message().content());
        if (choice.finishReason() == FinishReason.STOP) {
          ended++;
          JsonReader.read(text.getBytes(UTF_8), JsonLimits.DEFAULT);
          assertEquals(
              List.of(),
              validator(schema).validate(text, InputFormat.JSON),
              () -> text + " for " + schema);
        } else {
          assertEquals(FinishReason.LENGTH, choice.finishReason());
        }
      }
    }
    return ended;
  }

  @Test
  void answersMeetTheirSchemas() throws Exception {
    List<String> schemas = schemas();
    List<String> some = List.of(schemas.get(0), schemas.get(3), schemas.get(12), schemas.get(20));
    int ended = judge(some, 2, 60);
    assertTrue(ended >= 4, ended + " of 8 ended");
  }

  @Test
  @Tag("nightly")
  void answersMeetAHundredSchemas() throws Exception {
    List<String> schemas = schemas();
    int ended = judge(schemas, 2, 160);
    System.out.printf("%d schemas: %d answers valid, the others cut%n", schemas.size(), ended);
    assertTrue(ended > schemas.size(), ended + " ended");
  }

  /** This Gemma has no chat template: it goes on with a text. */
  private static Prompt text(ChatRequest request) {
    String text =
        request.messages().stream().map(Message::content).collect(Collectors.joining("\n"));
    return new Prompt(
        List.of(new Prompt.Segment("<bos>", true), new Prompt.Segment(text + "\n", false)));
  }

  @Test
  @Tag("nightly")
  void answersOfGemmaMeetAHundredSchemas() throws Exception {
    List<String> schemas = schemas();
    try (ChatCompletions files = ChatCompletions.open(ReferenceData.gemma3())) {
      ChatCompletions gemma =
          new ChatCompletions(
              files.engine(), files.tokenizer(), RealModelStructuredTest::text, files.model());
      int ended = judge(gemma, schemas, 1, 120);
      System.out.printf(
          "Gemma: %d schemas: %d answers valid, the others cut%n", schemas.size(), ended);
      assertTrue(ended > schemas.size() / 2, ended + " ended");
      checkCalls(gemma);
    }
  }

  @Test
  void theJudgeIsNotBlind() throws Exception {
    for (String schema : schemas().subList(0, 12)) {
      assertFalse(validator(schema).validate("[[[]]]", InputFormat.JSON).isEmpty(), schema);
    }
  }

  /** What a typed answer may consist of. */
  record City(
      String name, int inhabitants, Optional<Boolean> capital, List<Sight> sights, Rank rank) {}

  /** Part of it. */
  record Sight(String name, double kilometres) {}

  /** Part of it. */
  enum Rank {
    SMALL,
    LARGE
  }

  @Test
  void anAnswerBecomesARecord() {
    City city = null;
    for (int seed = 0; seed < 8 && city == null; seed++) {
      try {
        city = chat.complete(ask("Describe Oslo. Be brief.", 250, seed), City.class);
      } catch (IncompleteAnswerException e) {
        assertEquals(FinishReason.LENGTH, e.response().choices().getFirst().finishReason());
      }
    }
    assertNotNull(city);
    assertNotNull(city.rank());
    assertThrows(
        IncompleteAnswerException.class,
        () -> chat.complete(ask("Describe Oslo.", 3, 1), City.class));
    record Odd(Thread thread) {}
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> chat.complete(ask("x", 3, 1), Odd.class));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("Odd.thread"), message);
  }

  private static Tool tool(String name, String parameters) throws Exception {
    Json json = JsonReader.read(parameters.getBytes(UTF_8), JsonLimits.DEFAULT);
    return new Tool(name, "About " + name.replace('_', ' '), (Json.Obj) json, false);
  }

  private static ToolUse tools() throws Exception {
    return ToolUse.required(
        tool(
            "get_weather",
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":20},"
                + "\"unit\":{\"enum\":[\"c\",\"f\"]}},\"required\":[\"city\",\"unit\"],"
                + "\"additionalProperties\":false}"),
        tool(
            "get_time",
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":20}},"
                + "\"required\":[\"city\"],\"additionalProperties\":false}"));
  }

  @Test
  void toolsAreCalledAndTheirResultsRead() throws Exception {
    checkCalls(chat);
  }

  /** Required, at most one, named; and left to the model, which may also answer in words. */
  private static void checkCalls(ChatCompletions chat) throws Exception {
    ToolUse tools = tools();
    ToolUse auto = new ToolUse(tools.tools(), ToolUse.Mode.AUTO, Set.of(), true);
    List<ToolUse> uses = List.of(tools, tools.single(), tools.named("get_time"), auto);
    for (ToolUse use : uses) {
      ChatRequest request = ask("What is the weather in Rome?", 120, 4).withTools(use);
      ChatResponse.Choice answer = chat.complete(request).choices().getFirst();
      if (use.mode() == ToolUse.Mode.REQUIRED) {
        assertTrue(
            Set.of(FinishReason.TOOL_CALLS, FinishReason.LENGTH).contains(answer.finishReason()));
      }
      if (answer.finishReason() != FinishReason.TOOL_CALLS) {
        continue;
      }
      List<ToolCall> calls = answer.message().toolCalls();
      assertTrue(use.parallel() || calls.size() == 1, calls.toString());
      for (ToolCall call : calls) {
        assertTrue(use.allowed().isEmpty() || use.allowed().contains(call.name()));
        Tool called =
            use.tools().stream().filter(t -> t.name().equals(call.name())).findFirst().get();
        String schema = JsonText.of(called.parameters());
        assertEquals(List.of(), validator(schema).validate(call.arguments(), InputFormat.JSON));
      }
      Message result =
          new Message(Role.TOOL, "sunny", null, List.of(), calls.getFirst().id(), null);
      ChatRequest next =
          ChatRequest.of(Message.user("What is the weather in Rome?"), answer.message(), result)
              .withMaxTokens(8);
      assertFalse(
          String.valueOf(chat.complete(next).choices().getFirst().message().content()).isEmpty());
    }
  }
}
