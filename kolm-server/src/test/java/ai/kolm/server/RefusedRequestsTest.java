package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One request per thing that can be wrong with a body: status, field and code of the refusal. */
@Timeout(60)
final class RefusedRequestsTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Fails unless the answer is an error of the four members. */
  static JsonObject checkError(Answer answer, int status) {
    assertEquals(status, answer.status(), answer.body());
    assertEquals("application/json", answer.header("content-type"));
    assertTrue(answer.header("x-request-id").startsWith("rcpt_"));
    OpenAiSchema.check("ErrorResponse", answer.body());
    JsonObject body = parse(answer.body());
    assertEquals(
        Set.of("message", "type", "param", "code"),
        ((Json.Obj) at(body, "error")).members().keySet());
    assertFalse(string(body, "error", "message").isBlank());
    assertFalse(answer.body().matches("(?s).*(Exception|ai\\.kolm|org\\.eclipse|\\.java).*"));
    return body;
  }

  private static void check(Answer answer, int status, String param, String code) {
    JsonObject body = checkError(answer, status);
    assertEquals(param, text(at(body, "error", "param")), answer.body());
    assertEquals(code, text(at(body, "error", "code")), answer.body());
    String type = status >= 500 ? "server_error" : "invalid_request_error";
    assertEquals(type, string(body, "error", "type"));
  }

  static String text(Json json) {
    return json instanceof Json.Str string ? string.value() : "null";
  }

  /** Members of the body besides model and a message: member, field, code; each of its own. */
  static Stream<List<String>> fields() {
    return Stream.of(
            "'temperature':-1 | temperature | decimal_below_min_value",
            "'temperature':2.1 | temperature | decimal_above_max_value",
            "'temperature':'1' | temperature | invalid_type",
            "'temperature':1e300 | temperature | decimal_above_max_value",
            "'top_p':-0.1 | top_p | decimal_below_min_value",
            "'top_p':1.1 | top_p | decimal_above_max_value",
            "'min_p':1.1 | min_p | decimal_above_max_value",
            "'typical_p':-1 | typical_p | decimal_below_min_value",
            "'repetition_penalty':0 | repetition_penalty | decimal_below_min_value",
            "'repetition_penalty':11 | repetition_penalty | decimal_above_max_value",
            "'presence_penalty':2.5 | presence_penalty | decimal_above_max_value",
            "'frequency_penalty':-2.5 | frequency_penalty | decimal_below_min_value",
            "'top_k':-2 | top_k | integer_below_min_value",
            "'top_k':1.5 | top_k | invalid_type",
            "'n':0 | n | integer_below_min_value",
            "'n':129 | n | integer_above_max_value",
            "'n':true | n | invalid_type",
            "'max_tokens':0 | max_tokens | integer_below_min_value",
            "'max_tokens':-1 | max_tokens | integer_below_min_value",
            "'max_tokens':2147483648 | max_tokens | integer_above_max_value",
            "'max_completion_tokens':0 | max_completion_tokens | integer_below_min_value",
            "'max_tokens':1,'max_completion_tokens':2 | max_tokens | invalid_value",
            "'seed':9223372036854775808 | seed | integer_above_max_value",
            "'seed':-9223372036854775809 | seed | integer_below_min_value",
            "'seed':1.5 | seed | invalid_type",
            "'stop':['a','b','c','d','e'] | stop | array_above_max_length",
            "'stop':[] | stop | empty_array",
            "'stop':'' | stop | string_below_min_length",
            "'stop':['a',''] | stop[1] | string_below_min_length",
            "'stop':['a',1] | stop[1] | invalid_type",
            "'stop':7 | stop | invalid_type",
            "'logit_bias':{'999':1} | logit_bias | invalid_value",
            "'logit_bias':{'-1':1} | logit_bias | invalid_value",
            "'logit_bias':{'x':1} | logit_bias | invalid_value",
            "'logit_bias':{'99999999999':1} | logit_bias | invalid_value",
            "'logit_bias':{'50':101} | logit_bias.50 | decimal_above_max_value",
            "'logit_bias':{'50':'1'} | logit_bias.50 | invalid_type",
            "'logit_bias':[] | logit_bias | invalid_type",
            "'logprobs':true,'top_logprobs':21 | top_logprobs | integer_above_max_value",
            "'logprobs':true,'top_logprobs':-1 | top_logprobs | integer_below_min_value",
            "'top_logprobs':2 | top_logprobs | null",
            "'logprobs':5 | logprobs | invalid_type",
            "'stream':'yes' | stream | invalid_type",
            "'stream_options':{'include_usage':true} | stream_options | null",
            "'stream':true,'stream_options':{'include_usage':1} | stream_options.include_usage |"
                + " invalid_type",
            "'stream':true,'stream_options':7 | stream_options | invalid_type",
            "'tools':[] | tools | empty_array",
            "'tools':[{'type':'function'}] | tools[0].function | missing_required_parameter",
            "'tools':[{'type':'function','function':{}}] | tools[0].function.name | missing_required_parameter",
            "'tools':[{'type':'function','function':{'name':'a b'}}] | tools[0].function.name | invalid_value",
            "'tools':[{'type':'custom'}] | tools[0].custom | missing_required_parameter",
            "'tools':[{'type':'custom','custom':{'name':'a b'}}] | tools[0].custom.name | invalid_value",
            "'tools':[{'type':'custom','custom':{'name':'f','format':{'type':'x'}}}] | tools[0].custom.format.type | invalid_value",
            "'tools':[{'type':'custom','custom':{'name':'f','format':{'type':'grammar','grammar':{'syntax':'x','definition':'x'}}}}] | tools[0].custom.format.grammar.syntax | invalid_value",
            "'tools':[{'type':'custom','custom':{'name':'f','format':{'type':'grammar','grammar':{'syntax':'regex','definition':'('}}}}] | tools[0].custom.format | invalid_function_parameters",
            "'tools':[{'type':'custom','custom':{'name':'f','format':{'type':'grammar','grammar':{'syntax':'lark','definition':'start: x'}}}}] | tools[0].custom.format | invalid_function_parameters",
            "'tools':[{'type':'custom','custom':{'name':'f'}}],'tool_choice':{'type':'function','function':{'name':'f'}} | tool_choice.function.name | invalid_value",
            "'tools':[{'type':'x'}] | tools[0].type | invalid_value",
            "'tools':[{'type':'function','function':{'name':'f','parameters':[]}}] | tools[0].function.parameters | invalid_type",
            "'tools':[{'type':'function','function':{'name':'f'}},{'type':'function','function':{'name':'f'}}]"
                + " | tools[1].function.name | invalid_value",
            "'tools':[{'type':'function','function':{'name':'f','parameters':{'properties':{'a':{'type':'x'}}}}}]"
                + " | tools[0].function.parameters | invalid_function_parameters",
            "'tools':[{'type':'function','function':{'name':'f','strict':true,'parameters':{'type':'object'}}}]"
                + " | tools[0].function.parameters | invalid_function_parameters",
            "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':'any' |"
                + " tool_choice | invalid_value",
            "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':7 | tool_choice |"
                + " invalid_type",
            "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'function','function':{'name':'g'}}"
                + " | tool_choice.function.name | invalid_value",
            "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'x','tools':[{'type':'function','function':{'name':'f'}}]}}"
                + " | tool_choice.allowed_tools.mode | invalid_value",
            "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto'}}"
                + " | tool_choice.allowed_tools.tools | missing_required_parameter",
            "'tools':[{'type':'function','function':{'name':'f'}}],'functions':[{'name':'f'}] |"
                + " functions | null",
            "'tools':[{'type':'function','function':{'name':'f'}}],'ignore_eos':true | ignore_eos |"
                + " invalid_value",
            "'tool_choice':'auto' | tool_choice | null",
            "'tool_choice':{'type':'function','function':{'name':'f'}} | tool_choice | null",
            "'functions':[] | functions | empty_array",
            "'functions':[{'name':'f'}],'function_call':'any' | function_call | invalid_value",
            "'functions':[{'name':'f'}],'function_call':{'name':'g'} | function_call.name |"
                + " invalid_value",
            "'function_call':'auto' | function_call | null",
            "'parallel_tool_calls':1 | parallel_tool_calls | invalid_type",
            "'response_format':{'type':'json_schema'} | response_format.json_schema |"
                + " missing_required_parameter",
            "'response_format':{'type':'json_schema','json_schema':{}} |"
                + " response_format.json_schema.name | missing_required_parameter",
            "'response_format':{'type':'json_schema','json_schema':{'name':'a b'}} |"
                + " response_format.json_schema.name | invalid_value",
            "'response_format':{'type':'json_schema','json_schema':{'name':'a','schema':[]}} |"
                + " response_format.json_schema.schema | invalid_type",
            "'response_format':{'type':'json_schema','json_schema':{'name':'a','schema':false}} |"
                + " response_format | null",
            "'response_format':{'type':'json_schema','json_schema':{'name':'a','schema':{'$ref':'http://x/y'}}}"
                + " | response_format | null",
            "'response_format':{'type':'json_schema','json_schema':{'name':'a','strict':true,'schema':{'type':'object'}}}"
                + " | response_format | null",
            "'response_format':{'type':'xml'} | response_format.type | invalid_value",
            "'response_format':{} | response_format.type | missing_required_parameter",
            "'response_format':'text' | response_format | invalid_type",
            "'modalities':['text','audio'] | modalities | unsupported_value",
            "'modalities':['smell'] | modalities[0] | invalid_value",
            "'modalities':[] | modalities | empty_array",
            "'audio':1 | audio | invalid_type",
            "'web_search_options':{} | web_search_options | unsupported_parameter",
            "'moderation':{'model':'m'} | moderation | unsupported_parameter",
            "'prediction':{'type':'x','content':'y'} | prediction.type | invalid_value",
            "'prediction':{'type':'content'} | prediction.content | missing_required_parameter",
            "'service_tier':'gold' | service_tier | invalid_value",
            "'reasoning_effort':'huge' | reasoning_effort | invalid_value",
            "'verbosity':'loud' | verbosity | invalid_value",
            "'prompt_cache_retention':'1y' | prompt_cache_retention | invalid_value",
            "'prompt_cache_options':1 | prompt_cache_options | invalid_type",
            "'store':'yes' | store | invalid_type",
            "'metadata':{'a':1} | metadata.a | invalid_type",
            "'metadata':{'a':null} | metadata.a | invalid_type",
            "'metadata':[] | metadata | invalid_type",
            "'ignore_eos':'true' | ignore_eos | invalid_type",
            "'user':7 | user | invalid_type")
        .map(RefusedRequestsTest::row);
  }

  private static List<String> row(String row) {
    return Arrays.stream(row.split(" \\| ", -1)).map(cell -> cell.replace('\'', '"')).toList();
  }

  @ParameterizedTest
  @MethodSource("fields")
  void aFieldOutOfItsRangeIsNamed(List<String> row) throws IOException {
    check(server.chat(hello("," + row.get(0))), 400, row.get(1), row.get(2));
  }

  /** Messages: the array, the field, the code. */
  static Stream<List<String>> messages() {
    return Stream.of(
            "[] | messages | empty_array",
            "{} | messages | invalid_type",
            "'hi' | messages | invalid_type",
            "null | messages | missing_required_parameter",
            "['hi'] | messages[0] | invalid_type",
            "[{'content':'x'}] | messages[0].role | missing_required_parameter",
            "[{'role':'root','content':'x'}] | messages[0].role | invalid_value",
            "[{'role':'User','content':'x'}] | messages[0].role | invalid_value",
            "[{'role':7,'content':'x'}] | messages[0].role | invalid_type",
            "[{'role':'user','content':null}] | messages[0].content | missing_required_parameter",
            "[{'role':'user'}] | messages[0].content | missing_required_parameter",
            "[{'role':'user','content':7}] | messages[0].content | invalid_type",
            "[{'role':'user','content':[]}] | messages[0].content | empty_array",
            "[{'role':'user','content':['x']}] | messages[0].content[0] | invalid_type",
            "[{'role':'user','content':[{'type':'text'}]}] | messages[0].content[0].text |"
                + " missing_required_parameter",
            "[{'role':'user','content':[{'type':'smell'}]}] | messages[0].content[0].type |"
                + " invalid_value",
            "[{'role':'user','content':[{'type':'image_url','image_url':{'url':'x'}}]}] |"
                + " messages[0].content[0].type | unsupported_value",
            "[{'role':'user','content':'x','name':'a b'}] | messages[0].name | invalid_value",
            "[{'role':'assistant'}] | messages[0].content | missing_required_parameter",
            "[{'role':'assistant','tool_calls':[]}] | messages[0].tool_calls | empty_array",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'x'}]}] | messages[0].tool_calls[0].type | unsupported_value",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'custom','custom':{'name':'f'}}]}] | messages[0].tool_calls[0].custom.input | missing_required_parameter",
            "[{'role':'assistant','tool_calls':[{'type':'function'}]}] | messages[0].tool_calls[0].id | missing_required_parameter",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'a b','arguments':''}}]}] | messages[0].tool_calls[0].function.name | invalid_value",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'f','arguments':{}}}]}] | messages[0].tool_calls[0].function.arguments | invalid_type",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'f','arguments':'{}'}}]}] | messages[0] | null",
            "[{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'f','arguments':'{}'}}]},{'role':'user','content':'x'}] | messages[1] | null",
            "[{'role':'tool','content':'x'}] | messages[0].tool_call_id | missing_required_parameter",
            "[{'role':'tool','content':'x','tool_call_id':'1'}] | messages[0].role | null",
            "[{'role':'function','content':'x'}] | messages[0].name | missing_required_parameter")
        .map(RefusedRequestsTest::row);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void aMessageThatIsWrongIsNamed(List<String> row) throws IOException {
    String body = "{\"model\":\"fake\",\"messages\":%s}".formatted(row.get(0));
    check(server.chat(body), 400, row.get(1), row.get(2));
  }

  /** Bodies that are no requests at all. */
  static Stream<String> bodies() {
    return Stream.of(
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "{",
        "{\"a\":1}x",
        "{}{}",
        "\uFEFF{}",
        "{\"model\":NaN}",
        "{\"model\":\"fake\",\"model\":\"fake\"}",
        "{\"model\":\"\\ud800\"}",
        "{\"temperature\":1e400}",
        "{\"n\":" + "1".repeat(2_000) + "}",
        "[".repeat(200) + "]".repeat(200),
        IntStream.range(0, 100_000)
            .mapToObj("\"k%d\":0"::formatted)
            .collect(Collectors.joining(",", "{", "}")));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aBodyThatIsNoRequestIsRefused(String body) throws IOException {
    check(server.chat(body), 400, "null", "null");
  }

  @Test
  void badEncodingsAreRefusedWithTheirPlace() throws IOException {
    List<byte[]> faults =
        List.of(
            new byte[] {(byte) 0xC3},
            new byte[] {(byte) 0xFF},
            new byte[] {(byte) 0xC0, (byte) 0xAF},
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80});
    for (byte[] fault : faults) {
      try (RawClient client = new RawClient(server.port())) {
        String good = RawClient.chat("{\"model\":\"" + "x".repeat(fault.length) + "\"}");
        client.send(good.substring(0, good.length() - fault.length - 2));
        client.send(fault);
        client.send("\"}");
        Answer answer = client.read();
        check(answer, 400, "null", "null");
        String message = string(parse(answer.body()), "error", "message");
        assertTrue(message.contains("at byte 10"), message);
      }
    }
    for (Charset charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16)) {
      try (RawClient client = new RawClient(server.port())) {
        byte[] body = hello("").getBytes(charset);
        client.send(RawClient.chat("x".repeat(body.length)).replaceAll("x+$", ""));
        client.send(body);
        check(client.read(), 400, "null", "null");
      }
    }
  }

  @Test
  void aModelIsRequiredAndMustExist() throws IOException {
    check(server.chat("{}"), 400, "model", "missing_required_parameter");
    check(server.chat("{\"model\":7}"), 400, "model", "invalid_type");
    for (String name : List.of("x", "../x", "fake.kolm.kolm", "FAKE", "", "x".repeat(10_000))) {
      Answer answer = server.chat("{\"model\":\"%s\"}".formatted(name));
      check(answer, 404, "null", "model_not_found");
      assertTrue(answer.body().length() < 400);
    }
  }

  @Test
  void longValuesAreRefused() throws IOException {
    String mega = "x".repeat(1 << 20);
    check(server.chat(hello(",\"user\":\"" + mega + "\"")), 400, "user", "string_above_max_length");
    String key = "k".repeat(65);
    check(
        server.chat(hello(",\"metadata\":{\"%s\":\"\"}".formatted(key))),
        400,
        "metadata",
        "string_above_max_length");
    String pairs = entries(17, "\"k%d\":\"\"");
    check(server.chat(hello(",\"metadata\":{" + pairs + "}")), 400, "metadata", "invalid_value");
    String biases = entries(5_000, "\"%d\":1");
    check(
        server.chat(hello(",\"logit_bias\":{" + biases + "}")), 400, "logit_bias", "invalid_value");
    String stop = "x".repeat(1025);
    check(server.chat(hello(",\"stop\":\"" + stop + "\"")), 400, "stop", "invalid_value");
    String tools = entries(129, "{\"type\":\"function\",\"function\":{\"name\":\"f%d\"}}");
    check(server.chat(hello(",\"tools\":[" + tools + "]")), 400, "tools", "array_above_max_length");
    String items = entries(10_001, "{\"role\":\"user\",\"content\":\"%d\"}");
    check(
        server.chat("{\"model\":\"fake\",\"messages\":[" + items + "]}"),
        400,
        "messages",
        "array_above_max_length");
    String stops = entries(500_000, "\"a\"");
    check(server.chat(hello(",\"stop\":[" + stops + "]")), 400, "stop", "array_above_max_length");
    Answer longName = server.chat(hello(",\"max_tokens\":1,\"" + mega + "\":1"));
    assertEquals(200, longName.status());
    assertEquals(64, longName.header("x-kolm-ignored").length());
  }

  private static String entries(int count, String format) {
    return IntStream.range(0, count).mapToObj(format::formatted).collect(Collectors.joining(","));
  }

  @Test
  void aPromptThatDoesNotFitIsRefusedInTheWordsThatAgentsLookFor() throws IOException {
    String body = hello("").replace("Hello", "x".repeat(2 << 20));
    for (String form : List.of(body, body.replace("}]", "}],\"stream\":true"))) {
      Answer answer = server.chat(form);
      check(answer, 400, "messages", "context_length_exceeded");
      assertTrue(answer.body().contains("maximum context length is 4096 tokens"), answer.body());
    }
  }

  @Test
  void aLimitBeyondTheContextIsCut() throws IOException {
    Answer answer = server.chat(hello(",\"max_tokens\":2147483647,\"ignore_eos\":true"));
    JsonObject body = parse(answer.body());
    assertEquals("length", string(body, "choices", 0, "finish_reason"));
    assertEquals(TestServer.CONTEXT, TestServer.integer(body, "usage", "total_tokens"));
  }

  @Test
  void mediaTypesOtherThanJsonAreRefused() throws IOException {
    String body = hello(",\"max_tokens\":1");
    String good = RawClient.chat(body);
    for (String type :
        List.of(
            "X-Nothing: 1",
            "Content-Type: text/plain",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Type: multipart/form-data; boundary=x",
            "Content-Type: application/json; charset=utf-16",
            "Content-Type: application/jsonx",
            "Content-Type: application/json\r\nContent-Encoding: gzip")) {
      String request = good.replace("Content-Type: application/json", type);
      check(RawClient.exchange(server.port(), request), 415, "null", "null");
    }
    for (String type :
        List.of(
            "application/json; charset=UTF-8",
            "Application/JSON",
            "application/json;charset=\"utf-8\"")) {
      String request = good.replace("application/json", type);
      assertEquals(200, RawClient.exchange(server.port(), request).status(), type);
    }
  }

  @Test
  void pathsAndMethodsThatAreNotServedAreRefused() throws IOException {
    for (String path :
        List.of(
            "/v1/nope",
            "/v1/chat/completions/",
            "//v1/models",
            "/v1/%2e%2e%2fmodels",
            "/",
            "/v1/models/",
            "/V1/models",
            "/v1/chat/completions/chatcmpl-1",
            "/v1/responses/resp_1",
            "/v1/files",
            "/v1/batches",
            "/v1/assistants",
            "/v1/audio/transcriptions",
            "/v1/images/generations",
            "/v1/./models")) {
      check(RawClient.exchange(server.port(), RawClient.get(path)), 404, "null", "null");
    }
    for (String path : List.of("/v1/images/generations", "/v1/files", "/v1/audio/speech")) {
      String message = RawClient.exchange(server.port(), RawClient.post(path, "{}")).body();
      assertTrue(message.contains("not served here: this server "), message);
    }
    Answer bare = RawClient.exchange(server.port(), RawClient.get("/models"));
    check(bare, 404, "null", "null");
    assertTrue(bare.body().contains("/v1"), bare.body());
    check(
        RawClient.exchange(server.port(), RawClient.get("/v1/models/nope")),
        404,
        "null",
        "model_not_found");
    Answer method = RawClient.exchange(server.port(), RawClient.get("/v1/chat/completions"));
    check(method, 405, "null", "null");
    assertEquals("POST", method.header("allow"));
    String delete = RawClient.get("/v1/models/fake").replace("GET", "DELETE");
    Answer other = RawClient.exchange(server.port(), delete);
    check(other, 405, "null", "null");
    assertEquals("GET, HEAD", other.header("allow"));
  }
}
