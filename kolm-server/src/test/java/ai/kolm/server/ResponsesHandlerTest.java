package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineLimits;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class ResponsesHandlerTest {
  private static final String PATH = "/v1/responses";

  private static final String TOOLS =
      """
      ,'tools':[{'type':'web_search'},{'type':'function','name':'get_time','strict':true,'parameters':
      {'type':'object','properties':{'city':{'enum':['Oslo','Rome']}},'required':['city'],
      'additionalProperties':false}}]\
      """
          .replace("\n", "");

  /** The schema of each event, by its type. */
  private static final Map<String, String> EVENTS =
      Map.ofEntries(
          Map.entry("response.created", "ResponseCreatedEvent"),
          Map.entry("response.in_progress", "ResponseInProgressEvent"),
          Map.entry("response.output_item.added", "ResponseOutputItemAddedEvent"),
          Map.entry("response.content_part.added", "ResponseContentPartAddedEvent"),
          Map.entry("response.output_text.delta", "ResponseTextDeltaEvent"),
          Map.entry("response.output_text.done", "ResponseTextDoneEvent"),
          Map.entry("response.content_part.done", "ResponseContentPartDoneEvent"),
          Map.entry("response.output_item.done", "ResponseOutputItemDoneEvent"),
          Map.entry(
              "response.function_call_arguments.delta", "ResponseFunctionCallArgumentsDeltaEvent"),
          Map.entry(
              "response.function_call_arguments.done", "ResponseFunctionCallArgumentsDoneEvent"),
          Map.entry("response.completed", "ResponseCompletedEvent"),
          Map.entry("response.incomplete", "ResponseIncompleteEvent"),
          Map.entry("response.failed", "ResponseFailedEvent"));

  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String body(String more) {
    return "{\"model\":\"fake\"" + more.replace('\'', '"') + "}";
  }

  private static JsonObject create(String more) throws IOException {
    Answer answer = server.post(PATH, body(more));
    assertEquals(200, answer.status(), answer.body());
    OpenAiSchema.check("Response", answer.body());
    return parse(answer.body());
  }

  /** The events of a stream, each of which meets its schema and has its name and number. */
  private static List<JsonObject> stream(TestServer of, String more) throws IOException {
    Answer answer = of.post(PATH, body(",'stream':true" + more));
    assertEquals(200, answer.status(), answer.body());
    List<JsonObject> events = new ArrayList<>();
    for (String block : answer.body().split("\n\n", -1)) {
      List<String> lines = block.lines().filter(line -> !line.startsWith(":")).toList();
      if (lines.isEmpty()) {
        continue;
      }
      assertEquals(2, lines.size(), block);
      JsonObject event = parse(lines.get(1).substring("data: ".length()));
      String type = string(event, "type");
      assertEquals("event: " + type, lines.get(0));
      assertEquals(events.size(), integer(event, "sequence_number"));
      String schema = EVENTS.get(type);
      if (schema == null) {
        throw new AssertionError("unexpected event " + type);
      }
      OpenAiSchema.check(schema, lines.get(1).substring("data: ".length()));
      events.add(event);
    }
    boolean whole = !string(events.getLast(), "type").equals("response.failed");
    assertEquals(whole, answer.body().contains(": kolm-receipt ey"), answer.body());
    return events;
  }

  private static List<String> types(List<JsonObject> events) {
    List<String> types = new ArrayList<>();
    for (JsonObject event : events) {
      String type = string(event, "type").substring("response.".length());
      if (types.isEmpty() || !types.getLast().equals(type)) {
        types.add(type);
      }
    }
    return types;
  }

  @Test
  void aTextIsAMessage() throws IOException {
    JsonObject body =
        create(",'input':'Hello','instructions':'Be brief.','temperature':0.5,'seed':1");
    assertTrue(string(body, "id").startsWith("resp_"));
    assertEquals("response", string(body, "object"));
    assertEquals("completed", string(body, "status"));
    assertEquals("Be brief.", string(body, "instructions"));
    assertEquals("message", string(body, "output", 0, "type"));
    assertEquals("output_text", string(body, "output", 0, "content", 0, "type"));
    assertEquals(new Json.Bool(false), at(body, "store"));
    assertEquals(new Json.Null(), at(body, "previous_response_id"));
    assertEquals(new Json.Null(), at(body, "incomplete_details"));
    assertEquals(new Json.Null(), at(body, "error"));
    assertEquals("text", string(body, "text", "format", "type"));
    assertEquals(new Json.Real(0.5), at(body, "temperature"));
    assertTrue(integer(body, "usage", "input_tokens") > 10);
    assertEquals(0, integer(body, "usage", "output_tokens_details", "reasoning_tokens"));
  }

  @Test
  void aStreamTellsOfEachStep() throws IOException {
    String more = ",'input':'Hello','seed':1,'max_output_tokens':16,'logit_bias':{'1':-100}";
    List<JsonObject> events = stream(server, more);
    assertEquals(
        List.of(
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "incomplete"),
        types(events));
    StringBuilder text = new StringBuilder();
    for (JsonObject event : events) {
      if (string(event, "type").equals("response.output_text.delta")) {
        text.append(string(event, "delta"));
        assertEquals(string(events.get(2), "item", "id"), string(event, "item_id"));
      }
    }
    JsonObject whole = create(more);
    JsonObject last = events.getLast();
    assertEquals("incomplete", string(whole, "status"));
    assertEquals("max_output_tokens", string(whole, "incomplete_details", "reason"));
    String said = string(whole, "output", 0, "content", 0, "text");
    assertEquals(said, text.toString());
    assertEquals(said, string(last, "response", "output", 0, "content", 0, "text"));
    assertEquals(
        at(whole, "usage", "output_tokens"), at(last, "response", "usage", "output_tokens"));
    assertEquals("incomplete", string(whole, "output", 0, "status"));
  }

  @Test
  void callsAreItems() throws IOException {
    String more =
        ",'input':'Hello','seed':1,'parallel_tool_calls':false,'tool_choice':'required'" + TOOLS;
    Answer answer = server.post(PATH, body(more));
    assertEquals("tools[0].web_search", answer.header("x-kolm-ignored"), answer.body());
    JsonObject body = create(more);
    assertEquals("function_call", string(body, "output", 0, "type"));
    assertEquals("get_time", string(body, "output", 0, "name"));
    assertTrue(string(body, "output", 0, "id").startsWith("fc_"));
    assertTrue(string(body, "output", 0, "call_id").startsWith("call_"));
    assertEquals(1, ((Json.Arr) at(body, "tools")).items().size());
    parse(string(body, "output", 0, "arguments"));
    List<JsonObject> events = stream(server, more);
    assertEquals(
        List.of(
            "created",
            "in_progress",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed"),
        types(events));
    assertEquals("", string(events.get(2), "item", "arguments"));
    JsonObject done = events.get(events.size() - 2);
    assertEquals(
        string(body, "output", 0, "arguments"), string(done, "item", "arguments"), "the same seed");
    // The loop goes on: the call and its output come back.
    JsonObject next =
        create(
            ",'input':[{'role':'user','content':'Hello'},{'type':'reasoning','id':'rs_1','summary':[]},"
                + "{'type':'message','role':'assistant','content':[{'type':'output_text','text':'Yes.'}]},"
                + "{'type':'function_call','call_id':'c1','name':'get_time','arguments':'{}'},"
                + "{'type':'function_call','call_id':'c2','name':'get_time','arguments':'{}'},"
                + "{'type':'function_call_output','call_id':'c2','output':'2'},"
                + "{'type':'function_call_output','call_id':'c1','output':[{'type':'input_text','text':'1'}]}]"
                + ",'tool_choice':'none'"
                + TOOLS);
    assertEquals("message", string(next, "output", 0, "type"));
  }

  @Test
  void namedAndAllowedToolsAreChosen() throws IOException {
    for (String choice :
        List.of(
            "{'type':'function','name':'get_time'}",
            "{'type':'allowed_tools','mode':'required','tools':[{'type':'function','name':'get_time'}]}")) {
      JsonObject body = create(",'input':'x','tool_choice':" + choice + TOOLS);
      assertEquals("function_call", string(body, "output", 0, "type"));
      assertEquals(parse(choice.replace('\'', '"')).json(), at(body, "tool_choice"));
    }
    assertEquals(
        "auto", string(create(",'input':'x','tools':[],'tool_choice':'auto'"), "tool_choice"));
  }

  @Test
  void aFormatIsHonoured() throws IOException {
    String format =
        "{'type':'json_schema','name':'n','strict':true,'schema':{'type':'object','properties':"
            + "{'a':{'enum':[1,2]}},'required':['a'],'additionalProperties':false}}";
    JsonObject body = create(",'input':'x','text':{'format':" + format + "}");
    assertTrue(integer(parse(string(body, "output", 0, "content", 0, "text")), "a") > 0);
    assertEquals("n", string(body, "text", "format", "name"));
    JsonObject object = create(",'input':'x','text':{'format':{'type':'json_object'}}");
    assertEquals("json_object", string(object, "text", "format", "type"));
  }

  @Test
  void logprobsComeWhereTheyAreIncluded() throws IOException {
    String more =
        ",'input':'x','seed':2,'max_output_tokens':16,'logit_bias':{'1':-100},'top_logprobs':2,"
            + "'include':['message.output_text.logprobs','reasoning.encrypted_content']";
    Json.Arr whole = (Json.Arr) at(create(more), "output", 0, "content", 0, "logprobs");
    assertEquals(16, whole.items().size());
    List<Json> pieces = new ArrayList<>();
    for (JsonObject event : stream(server, more)) {
      if (string(event, "type").equals("response.output_text.delta")) {
        pieces.addAll(((Json.Arr) at(event, "logprobs")).items());
      }
    }
    assertEquals(whole.items(), pieces);
    Json.Arr none =
        (Json.Arr)
            at(create(",'input':'x','top_logprobs':2"), "output", 0, "content", 0, "logprobs");
    assertEquals(List.of(), none.items());
  }

  @Test
  void whatFailsIsToldAsAnEvent() throws IOException {
    try (TestServer failing = new TestServer(ServerConfig.DEFAULT, EngineLimits.DEFAULT, 50)) {
      List<JsonObject> events =
          stream(failing, ",'input':'x','logit_bias':{'50':100},'max_output_tokens':20");
      assertEquals("response.failed", string(events.getLast(), "type"));
      assertEquals("failed", string(events.getLast(), "response", "status"));
      assertEquals("server_error", string(events.getLast(), "response", "error", "code"));
      Answer plain = failing.post(PATH, body(",'input':'x','logit_bias':{'50':100}"));
      RefusedRequestsTest.checkError(plain, 500);
    }
  }

  @Test
  void whatIsAcceptedHasNoEffect() throws IOException {
    String more = ",'input':'x','seed':1,'max_output_tokens':16";
    String others =
        ",'store':true,'include':[],'truncation':'auto','user':'u','prompt_cache_key':'k',"
            + "'service_tier':'flex','metadata':{'a':'b'},'reasoning':{'effort':'low','summary':'auto'},"
            + "'text':{'verbosity':'low'},'background':false,'previous_response_id':null,"
            + "'stream_options':{'include_obfuscation':false}";
    Answer answer = server.post(PATH, body(more + others));
    assertEquals("", answer.header("x-kolm-ignored"), answer.body());
    JsonObject body = parse(answer.body());
    assertEquals(
        at(create(more), "output", 0, "content"), at(body, "output", 0, "content"), answer.body());
    assertEquals("low", string(body, "reasoning", "effort"));
    assertEquals("b", string(body, "metadata", "a"));
    assertEquals(new Json.Bool(false), at(body, "store"));
  }

  @Test
  void strictServersRefuseWhatTheyDoNotKnow() throws IOException {
    try (TestServer strict =
        new TestServer(ServerConfig.DEFAULT.withOptions(new ServerOptions(true, false, false)))) {
      Answer answer = strict.post(PATH, body(",'input':'x','nonsense':1"));
      JsonObject error = RefusedRequestsTest.checkError(answer, 400);
      assertEquals("unknown_parameter", string(error, "error", "code"));
      assertEquals("nonsense", string(error, "error", "param"));
      assertEquals(400, strict.chat(TestServer.hello(",\"nonsense\":1")).status());
      assertEquals(400, strict.post("/v1/completions", body(",'nonsense':1")).status());
      assertEquals(200, strict.chat(TestServer.hello(",\"max_tokens\":1")).status());
    }
  }

  /** As OpenAI does; others are not asked to. */
  @Test
  void strictServersWantJsonToBeNamed() throws IOException {
    String chat =
        "{'model':'fake','messages':[{'role':'user','content':'%s'}],'response_format':{'type':'json_object'},'max_tokens':1}"
            .replace('\'', '"');
    String response =
        ",'input':'%s','text':{'format':{'type':'json_object'}},'max_output_tokens':16";
    try (TestServer strict =
        new TestServer(ServerConfig.DEFAULT.withOptions(new ServerOptions(true, false, false)))) {
      for (String path : List.of("/v1/chat/completions", PATH)) {
        String form = path.equals(PATH) ? body(response) : chat;
        Answer refused = strict.post(path, form.formatted("an object"));
        JsonObject error = RefusedRequestsTest.checkError(refused, 400);
        String field = path.equals(PATH) ? "input" : "messages";
        assertEquals(field, string(error, "error", "param"));
        assertEquals(new Json.Null(), at(error, "error", "code"));
        assertEquals(200, strict.post(path, form.formatted("Some Json")).status());
        assertEquals(200, server.post(path, form.formatted("an object")).status());
      }
    }
  }

  static Stream<List<String>> refused() {
    return Stream.of(
            "'x':1 | input | missing_required_parameter",
            "'input':[] | input | empty_array",
            "'input':7 | input | invalid_type",
            "'input':[{'role':'root','content':'x'}] | input[0].role | invalid_value",
            "'input':[{'type':'computer_call'}] | input[0].type | invalid_value",
            "'input':[{'type':'item_reference','id':'x'}] | input[0].type | unsupported_value",
            "'input':[{'role':'user','content':[{'type':'input_image','image_url':'x'}]}] |"
                + " input[0].content[0].type | unsupported_value",
            "'input':[{'role':'user','content':[{'type':'odd'}]}] | input[0].content[0].type |"
                + " invalid_value",
            "'input':[{'type':'reasoning','summary':[]}] | input | invalid_value",
            "'input':[{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}] | input |"
                + " null",
            "'input':[{'type':'function_call_output','call_id':'c','output':'1'}] |"
                + " input[0].call_id | null",
            "'input':'x','previous_response_id':'resp_1' | previous_response_id |"
                + " previous_response_not_found",
            "'input':'x','conversation':'c' | conversation | unsupported_parameter",
            "'input':'x','prompt':{'id':'p'} | prompt | unsupported_parameter",
            "'input':'x','background':true | background | unsupported_value",
            "'input':'x','max_output_tokens':15 | max_output_tokens | integer_below_min_value",
            "'input':'x','temperature':3 | temperature | decimal_above_max_value",
            "'input':'x','top_logprobs':21 | top_logprobs | integer_above_max_value",
            "'input':'x','include':'x' | include | invalid_type",
            "'input':'x','include':[7] | include[0] | invalid_type",
            "'input':'x','truncation':'odd' | truncation | invalid_value",
            "'input':'x','reasoning':{'effort':'odd'} | reasoning.effort | invalid_value",
            "'input':'x','text':{'format':{'type':'odd'}} | text.format.type | invalid_value",
            "'input':'x','text':{'format':{'type':'json_schema'}} | text.format.name |"
                + " missing_required_parameter",
            "'input':'x','text':{'format':{'type':'json_schema','name':'n','schema':{'type':'x'}}}"
                + " | text.format.schema | invalid_json_schema",
            "'input':'x','tools':[{'type':'mcp'},{'type':'function','name':'a b'}] | tools[1].name"
                + " | invalid_value",
            "'input':'x','tools':[{'type':'mcp'},{'type':'function','name':'f','parameters':{'properties':{'a':{'type':'x'}}}}]"
                + " | tools[1].parameters | invalid_function_parameters",
            "'input':'x','tools':[{'type':'function','name':'f'}],'tool_choice':{'type':'function','name':'g'}"
                + " | tool_choice.name | invalid_value",
            "'input':'x','tool_choice':'required' | tool_choice | null",
            "'input':'%s' | input | context_length_exceeded".formatted("x".repeat(5000)))
        .map(row -> List.of(row.split(" \\| ", -1)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsWrongIsRefused(List<String> row) throws IOException {
    Answer answer = server.post(PATH, body("," + row.get(0)));
    JsonObject error = RefusedRequestsTest.checkError(answer, 400);
    assertEquals(row.get(1), RefusedRequestsTest.text(at(error, "error", "param")), answer.body());
    assertEquals(row.get(2), RefusedRequestsTest.text(at(error, "error", "code")), answer.body());
  }

  @Test
  void theSchemaCheckSeesAFault() throws IOException {
    String body = server.post(PATH, body(",'input':'x'")).body();
    assertFalse(body.contains("\"output\":7"));
    String planted = body.replace("\"output\":[", "\"output\":7,\"was\":[");
    assertThrows(AssertionError.class, () -> OpenAiSchema.check("Response", planted));
  }
}
