package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonText;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Formats and tools over HTTP; the model draws at random, so that only grammars give it sense. */
@Timeout(60)
final class StructuredAnswersTest {
  private static final String FORMAT =
      ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\","
          + "\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
          + "\"integer\",\"minimum\":0,\"maximum\":99},\"b\":{\"enum\":[\"p\",\"q\"]}},"
          + "\"required\":[\"a\",\"b\"],\"additionalProperties\":false}}}";
  private static final String TOOLS =
      ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\",\"description\":\"Adds.\","
          + "\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"#/$defs/n\"}},"
          + "\"required\":[\"x\"],\"additionalProperties\":false,"
          + "\"$defs\":{\"n\":{\"enum\":[1,2,3]}}}}},"
          + "{\"type\":\"function\",\"function\":{\"name\":\"stop\"}}]";

  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonObject complete(String more) throws IOException {
    return server.complete(more);
  }

  private static List<JsonObject> stream(String more) throws IOException {
    return server.stream(more);
  }

  @Test
  void everyChoiceMeetsTheSchemaWhateverTheModelWants() throws IOException {
    for (String more : List.of("", ",\"logprobs\":true", ",\"stop\":[\"p\",\"{\",\":\"]")) {
      JsonObject answer = complete(FORMAT + ",\"n\":8,\"seed\":1,\"temperature\":2" + more);
      for (int i = 0; i < 8; i++) {
        assertEquals("stop", string(answer, "choices", i, "finish_reason"));
        JsonObject value = parse(string(answer, "choices", i, "message", "content"));
        assertEquals(List.of("a", "b"), List.copyOf(value.names()));
        assertTrue(number(at(value, "a")) >= 0 && number(at(value, "a")) <= 99);
        assertTrue(List.of("p", "q").contains(string(value, "b")));
      }
    }
  }

  @Test
  void aStreamSaysTheSame() throws IOException {
    String more = FORMAT + ",\"seed\":5";
    StringBuilder text = new StringBuilder();
    for (JsonObject chunk : stream(more)) {
      Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
      if (delta.members().get("content") instanceof Json.Str piece) {
        text.append(piece.value());
      }
    }
    assertEquals(string(complete(more), "choices", 0, "message", "content"), text.toString());
  }

  @Test
  void anAnswerThatIsCutSaysSo() throws IOException {
    JsonObject answer = complete(FORMAT + ",\"max_tokens\":3,\"seed\":1");
    assertEquals("length", string(answer, "choices", 0, "finish_reason"));
    assertEquals(3, integer(answer, "usage", "completion_tokens"));
  }

  @Test
  void anyObjectIsAnObject() throws IOException {
    String format = ",\"response_format\":{\"type\":\"json_object\"},\"max_tokens\":400,\"n\":4";
    JsonObject answer = complete(format);
    for (int i = 0; i < 4; i++) {
      String text = string(answer, "choices", i, "message", "content");
      assertTrue(text.strip().startsWith("{"), text);
      if (string(answer, "choices", i, "finish_reason").equals("stop")) {
        parse(text);
      }
    }
  }

  @Test
  void aRequiredCallIsMade() throws IOException {
    JsonObject answer = complete(TOOLS + ",\"tool_choice\":\"required\",\"n\":6,\"seed\":2");
    for (int i = 0; i < 6; i++) {
      assertEquals("tool_calls", string(answer, "choices", i, "finish_reason"));
      assertEquals(new Json.Null(), at(answer, "choices", i, "message", "content"));
      assertTrue(
          string(answer, "choices", i, "message", "tool_calls", 0, "id").startsWith("call_"));
      checkCall(
          string(answer, "choices", i, "message", "tool_calls", 0, "function", "name"),
          string(answer, "choices", i, "message", "tool_calls", 0, "function", "arguments"));
    }
  }

  private static void checkCall(String name, String arguments) {
    JsonObject value = parse(arguments);
    if (name.equals("add")) {
      assertEquals(List.of("x"), List.copyOf(value.names()));
      assertTrue(List.of(1.0, 2.0, 3.0).contains(number(at(value, "x"))), arguments);
    } else {
      assertEquals("stop", name);
      assertTrue(value.names().isEmpty(), arguments);
    }
  }

  @Test
  void theNamedToolIsCalledOnce() throws IOException {
    String named = "{\"type\":\"function\",\"function\":{\"name\":\"stop\"}}";
    String allowed =
        "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[%s]}}"
            .formatted(named);
    for (String choice : List.of(named, allowed)) {
      String more = TOOLS + ",\"parallel_tool_calls\":false,\"tool_choice\":" + choice;
      JsonObject answer = complete(more);
      Json.Arr calls = (Json.Arr) at(answer, "choices", 0, "message", "tool_calls");
      assertEquals(1, calls.items().size());
      assertEquals(
          "stop", string(answer, "choices", 0, "message", "tool_calls", 0, "function", "name"));
    }
  }

  @Test
  void callsAreStreamedInTheOrderOfClients() throws IOException {
    String more = TOOLS + ",\"tool_choice\":\"required\",\"seed\":9,\"max_tokens\":600";
    List<String> names = new ArrayList<>();
    List<StringBuilder> arguments = new ArrayList<>();
    List<JsonObject> chunks = stream(more);
    for (JsonObject chunk : chunks) {
      Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
      if (delta.members().containsKey("tool_calls")) {
        JsonObject call = parse(text(at(chunk, "choices", 0, "delta", "tool_calls", 0)));
        int index = (int) integer(call, "index");
        if (call.names().contains("id")) {
          assertEquals(names.size(), index);
          assertEquals("function", string(call, "type"));
          assertEquals("", string(call, "function", "arguments"));
          names.add(string(call, "function", "name"));
          arguments.add(new StringBuilder());
        } else {
          assertEquals(names.size() - 1, index);
          assertEquals(List.of("index", "function"), List.copyOf(call.names()));
          arguments.get(index).append(string(call, "function", "arguments"));
        }
      }
    }
    assertFalse(names.isEmpty());
    assertEquals("tool_calls", string(chunks.getLast(), "choices", 0, "finish_reason"));
    for (int i = 0; i < names.size(); i++) {
      checkCall(names.get(i), arguments.get(i).toString());
    }
    JsonObject whole = complete(more);
    Json.Arr calls = (Json.Arr) at(whole, "choices", 0, "message", "tool_calls");
    assertEquals(names.size(), calls.items().size());
  }

  private static final String CUSTOM =
      """
      ,"tools":[{"type":"function","function":{"name":"stop"}},
      {"type":"custom","custom":{"name":"dial","format":
      {"type":"grammar","grammar":{"syntax":"regex","definition":"[0-9]{3}"}}}},
      {"type":"custom","custom":{"name":"sum","format":
      {"type":"grammar","grammar":{"syntax":"lark","definition":"start: /[0-9]/ (\\"+\\" /[0-9]/)~1..2"}}}}],
      "max_tokens":300,"seed":4,"tool_choice":"""
          .replace("\n", "");

  @Test
  void aCustomToolIsCalledWithATextOfItsGrammar() throws IOException {
    String dial = "{\"type\":\"custom\",\"custom\":{\"name\":\"dial\"}}";
    String sum =
        "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[%s]}}"
            .formatted(dial.replace("dial", "sum"));
    for (String choice : List.of(dial, sum)) {
      String pattern = choice.equals(dial) ? "[0-9]{3}" : "[0-9]([+][0-9]){1,2}";
      JsonObject answer = complete(CUSTOM + choice);
      assertEquals("custom", string(answer, "choices", 0, "message", "tool_calls", 0, "type"));
      String input = string(answer, "choices", 0, "message", "tool_calls", 0, "custom", "input");
      assertTrue(input.matches(pattern), input);
      StringBuilder streamed = new StringBuilder();
      for (JsonObject chunk : server.unchecked(CUSTOM + choice)) {
        Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
        if (delta.members().containsKey("tool_calls")
            && integer(chunk, "choices", 0, "delta", "tool_calls", 0, "index") == 0) {
          streamed.append(string(chunk, "choices", 0, "delta", "tool_calls", 0, "custom", "input"));
        }
      }
      assertEquals(input, streamed.toString());
    }
  }

  @Test
  void aConversationMayHaveCallsOfCustomTools() throws IOException {
    String call =
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"custom\","
            + "\"custom\":{\"name\":\"dial\",\"input\":\"1\\\"2\"}}]}";
    String result = "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"rings\"}";
    String request =
        TestServer.hello(",\"max_tokens\":1")
            .replaceFirst(
                "\"messages\":\\[.*?\\]",
                java.util.regex.Matcher.quoteReplacement(
                    "\"messages\":[{\"role\":\"user\",\"content\":\"x\"},%s,%s]"
                        .formatted(call, result)));
    RawClient.Answer answer = server.chat(request);
    assertEquals(200, answer.status(), answer.body());
  }

  /** A number; JSON has no integers, so 1.0 is one too. */
  private static double number(Json json) {
    return switch (json) {
      case Json.Int integer -> integer.value();
      case Json.Real real -> real.value();
      default -> throw new AssertionError("no number: " + json);
    };
  }

  private static String text(Json json) {
    return JsonText.of(json);
  }

  @Test
  void functionsAreAnsweredInTheirOwnForm() throws IOException {
    String functions =
        ",\"functions\":[{\"name\":\"stop\"}],\"function_call\":{\"name\":\"stop\"},\"seed\":1";
    JsonObject answer = complete(functions);
    assertEquals("function_call", string(answer, "choices", 0, "finish_reason"));
    assertEquals("stop", string(answer, "choices", 0, "message", "function_call", "name"));
    parse(string(answer, "choices", 0, "message", "function_call", "arguments"));
    List<JsonObject> chunks = stream(functions);
    assertEquals("function_call", string(chunks.getLast(), "choices", 0, "finish_reason"));
    List<String> names = new ArrayList<>();
    StringBuilder arguments = new StringBuilder();
    for (JsonObject chunk : chunks) {
      Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
      assertFalse(delta.members().containsKey("tool_calls"));
      if (delta.members().get("function_call") instanceof Json.Obj call) {
        if (call.members().get("name") instanceof Json.Str name) {
          names.add(name.value());
        }
        arguments.append(((Json.Str) TestServer.member(call, "arguments")).value());
      }
    }
    assertEquals(List.of("stop"), names, "a name is said once");
    assertEquals(
        string(answer, "choices", 0, "message", "function_call", "arguments"),
        arguments.toString());
  }

  @Test
  void withoutTheirChoiceToolsAreNotCalled() throws IOException {
    JsonObject answer = complete(TOOLS + ",\"tool_choice\":\"none\",\"max_tokens\":5");
    Json.Obj message = (Json.Obj) at(answer, "choices", 0, "message");
    assertFalse(message.members().containsKey("tool_calls"));
    assertTrue(message.members().get("content") instanceof Json.Str);
  }

  @Test
  void aSchemaOverABudgetIsRefusedWithItsName() throws IOException {
    String deep = "{\"items\":".repeat(66) + "{}" + "}".repeat(66);
    String format =
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":%s}}";
    Answer answer = server.chat(hello(format.formatted(deep)));
    assertEquals(400, answer.status(), answer.body());
    assertEquals("schema_too_complex", string(parse(answer.body()), "error", "code"));
    assertTrue(string(parse(answer.body()), "error", "message").contains("nested deeper"));
    String long1 = "{\"enum\":[\"%s\"]}".formatted("x".repeat(1 << 20));
    Answer large = server.chat(hello(",\"stream\":true" + format.formatted(long1)));
    assertEquals(400, large.status());
    assertEquals("schema_too_complex", string(parse(large.body()), "error", "code"));
  }

  @Test
  void aRefusalSaysWhichKeywordWhere() throws IOException {
    String schema = "{\"properties\":{\"a\":{\"items\":{\"pattern\":\"(?=a)(?!b)(x)\\\\1\"}}}}";
    Answer answer =
        server.chat(
            hello(
                ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"y\",\"schema\":%s}}"
                    .formatted(schema)));
    assertEquals(400, answer.status(), answer.body());
    String message = string(parse(answer.body()), "error", "message");
    assertTrue(message.contains("'y'"), message);
    assertTrue(message.contains("/properties/a/items/pattern"), message);
  }
}
