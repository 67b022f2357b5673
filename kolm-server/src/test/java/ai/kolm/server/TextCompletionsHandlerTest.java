package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.events;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class TextCompletionsHandlerTest {
  private static final String PATH = "/v1/completions";
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

  /**
   * The first score of a text that nothing stands before is null, which the schema does not know.
   */
  private static JsonObject complete(String more) throws IOException {
    Answer answer = server.post(PATH, body(more));
    assertEquals(200, answer.status(), answer.body());
    checkSchema(answer.body());
    return parse(answer.body());
  }

  private static void checkSchema(String body) {
    OpenAiSchema.check(
        "CreateCompletionResponse",
        body.replace("\"token_logprobs\":[null", "\"token_logprobs\":[0")
            .replace("\"top_logprobs\":[null", "\"top_logprobs\":[{}"));
  }

  /** A chunk that does not end a choice has a null, which the schema does not know. */
  private static List<JsonObject> stream(String more) throws IOException {
    Answer answer = server.post(PATH, body(",'stream':true" + more));
    assertEquals(200, answer.status(), answer.body());
    List<String> events = events(answer.body());
    assertEquals("[DONE]", events.getLast());
    List<JsonObject> chunks = new ArrayList<>();
    for (String event : events.subList(0, events.size() - 1)) {
      checkSchema(
          event
              .replace("\"finish_reason\":null", "\"finish_reason\":\"stop\"")
              .replace(",\"usage\":null", ""));
      chunks.add(parse(event));
    }
    return chunks;
  }

  @Test
  void textsAreContinued() throws IOException {
    JsonObject body = complete(",'prompt':'Hello','max_tokens':5,'ignore_eos':true,'seed':7");
    assertTrue(string(body, "id").startsWith("cmpl-"));
    assertEquals("text_completion", string(body, "object"));
    assertEquals("length", string(body, "choices", 0, "finish_reason"));
    assertEquals(new Json.Null(), at(body, "choices", 0, "logprobs"));
    assertEquals(6, integer(body, "usage", "prompt_tokens"));
    assertEquals(5, integer(body, "usage", "completion_tokens"));
    assertEquals(
        at(body, "choices"),
        at(complete(",'prompt':['Hello'],'max_tokens':5,'ignore_eos':true,'seed':7"), "choices"));
  }

  @Test
  void sixteenTokensAreTheDefault() throws IOException {
    JsonObject body = complete(",'prompt':'a','ignore_eos':true");
    assertEquals(16, integer(body, "usage", "completion_tokens"));
  }

  @Test
  void tokensAreTakenAsTheyAre() throws IOException {
    // H and i: three control tokens come before the characters of ASCII.
    String ids = "[0,%d,%d]".formatted(3 + 'H', 3 + 'i');
    String more = ",'max_tokens':6,'ignore_eos':true,'seed':3,'prompt':";
    Json asText = at(complete(more + "'Hi'"), "choices", 0, "text");
    assertEquals(asText, at(complete(more + ids), "choices", 0, "text"));
    JsonObject both = complete(more + "[" + ids + "," + ids + "]");
    assertEquals(asText, at(both, "choices", 0, "text"));
    assertEquals(asText, at(both, "choices", 1, "text"));
    assertEquals(1, integer(both, "choices", 1, "index"));
    assertEquals(6, integer(both, "usage", "prompt_tokens"));
  }

  @Test
  void manyPromptsHaveTheirChoicesInOrder() throws IOException {
    StringBuilder prompts = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      prompts.append(i == 0 ? "" : ",").append("'p%d'".formatted(i));
    }
    String more = ",'max_tokens':2,'ignore_eos':true,'seed':1,'n':2,'echo':true,'prompt':";
    JsonObject whole = complete(more + "[" + prompts + "]");
    String[] streamed = new String[80];
    for (JsonObject chunk : stream(more + "[" + prompts + "]")) {
      int index = (int) integer(chunk, "choices", 0, "index");
      streamed[index] =
          (streamed[index] == null ? "" : streamed[index]) + string(chunk, "choices", 0, "text");
    }
    for (int i = 0; i < 80; i++) {
      assertEquals(i, integer(whole, "choices", i, "index"));
      String text = string(whole, "choices", i, "text");
      assertTrue(text.startsWith("p%d".formatted(i / 2)), text);
      assertEquals(text, streamed[i]);
    }
  }

  @Test
  void anEchoIsScored() throws IOException {
    String more = ",'prompt':'sea <end>','max_tokens':0,'echo':true,'logprobs':2";
    JsonObject body = complete(more);
    assertEquals("sea <end>", string(body, "choices", 0, "text"));
    assertEquals("length", string(body, "choices", 0, "finish_reason"));
    assertEquals(
        "[\"s\",\"e\",\"a\",\" \",\"<end>\"]",
        ai.kolm.json.JsonText.of(at(body, "choices", 0, "logprobs", "tokens")));
    assertEquals(
        "[0,1,2,3,4]", ai.kolm.json.JsonText.of(at(body, "choices", 0, "logprobs", "text_offset")));
    Json.Arr scores = (Json.Arr) at(body, "choices", 0, "logprobs", "token_logprobs");
    assertEquals(5, scores.items().size());
    for (Json score : scores.items()) {
      assertTrue(score instanceof Json.Real real && real.value() < 0, score.toString());
    }
    Json.Arr top = (Json.Arr) at(body, "choices", 0, "logprobs", "top_logprobs");
    assertEquals(2, ((Json.Obj) top.items().get(3)).members().size());
    // Tokens as such have nothing before the first.
    JsonObject ids = complete(",'prompt':[60,61],'max_tokens':0,'echo':true,'logprobs':0");
    assertEquals(new Json.Null(), at(ids, "choices", 0, "logprobs", "token_logprobs", 0));
    assertEquals(new Json.Null(), at(ids, "choices", 0, "logprobs", "top_logprobs", 0));
    assertTrue(at(ids, "choices", 0, "logprobs", "token_logprobs", 1) instanceof Json.Real);
  }

  @Test
  void scoresOfAStreamAreThoseOfTheAnswer() throws IOException {
    String more =
        ",'prompt':'ab','max_tokens':20,'echo':true,'logprobs':1,'seed':4,'n':2,'ignore_eos':true";
    JsonObject whole = complete(more);
    List<List<Json>> tokens = List.of(new ArrayList<>(), new ArrayList<>());
    List<List<Json>> offsets = List.of(new ArrayList<>(), new ArrayList<>());
    for (JsonObject chunk : stream(more + ",'stream_options':{'include_usage':true}")) {
      if (((Json.Arr) at(chunk, "choices")).items().isEmpty()) {
        assertEquals(40, integer(chunk, "usage", "completion_tokens"));
        continue;
      }
      int index = (int) integer(chunk, "choices", 0, "index");
      if (at(chunk, "choices", 0, "logprobs") instanceof Json.Obj logprobs) {
        tokens.get(index).addAll(((Json.Arr) TestServer.member(logprobs, "tokens")).items());
        offsets.get(index).addAll(((Json.Arr) TestServer.member(logprobs, "text_offset")).items());
      }
    }
    for (int i = 0; i < 2; i++) {
      assertEquals(at(whole, "choices", i, "logprobs", "tokens"), new Json.Arr(tokens.get(i)));
      assertEquals(
          at(whole, "choices", i, "logprobs", "text_offset"), new Json.Arr(offsets.get(i)));
    }
  }

  @Test
  void theLikeliestOfManyIsKept() throws IOException {
    String more = ",'prompt':'x','max_tokens':4,'seed':9,'ignore_eos':true,'logprobs':0";
    JsonObject all = complete(more + ",'n':6");
    double best = Double.NEGATIVE_INFINITY;
    String text = "";
    for (int i = 0; i < 6; i++) {
      Json.Arr scores = (Json.Arr) at(all, "choices", i, "logprobs", "token_logprobs");
      double sum =
          scores.items().stream().mapToDouble(s -> ((Json.Real) s).value()).average().orElseThrow();
      if (sum > best) {
        best = sum;
        text = string(all, "choices", i, "text");
      }
    }
    JsonObject one = complete(more + ",'best_of':6");
    assertEquals(1, ((Json.Arr) at(one, "choices")).items().size());
    assertEquals(text, string(one, "choices", 0, "text"));
    assertEquals(24, integer(one, "usage", "completion_tokens"));
  }

  @Test
  void textsWithoutAPromptBeginAtTheBeginning() throws IOException {
    assertEquals(1, integer(complete(",'max_tokens':1"), "usage", "prompt_tokens"));
    assertEquals(1, integer(complete(",'prompt':'','max_tokens':1"), "usage", "prompt_tokens"));
  }

  @Test
  void stopStringsAndSamplingAreHonoured() throws IOException {
    String more = ",'prompt':'x','max_tokens':300,'ignore_eos':true,'seed':4";
    String free = string(complete(more), "choices", 0, "text");
    int ascii = 100;
    while (!free.substring(ascii, ascii + 2).matches("[a-zA-Z]{2}")) {
      ascii++;
    }
    String stop = free.substring(ascii, ascii + 2);
    JsonObject cut = complete(more + ",'stop':['" + stop + "']");
    assertEquals(free.substring(0, free.indexOf(stop)), string(cut, "choices", 0, "text"));
    assertEquals("stop", string(cut, "choices", 0, "finish_reason"));
    assertNotEquals(free, string(complete(more + ",'temperature':0"), "choices", 0, "text"));
  }

  @Test
  void unknownFieldsAreNamed() throws IOException {
    Answer answer = server.post(PATH, body(",'prompt':'x','max_tokens':1,'messages':[]"));
    assertEquals("messages", answer.header("x-kolm-ignored"));
  }

  static Stream<List<String>> refused() {
    return Stream.of(
            "'prompt':'a','suffix':'b' | suffix | unsupported_parameter",
            "'prompt':7 | prompt | invalid_type",
            "'prompt':[] | prompt | empty_array",
            "'prompt':[[]] | prompt[0] | empty_array",
            "'prompt':['a',1] | prompt[1] | invalid_type",
            "'prompt':[1,'a'] | prompt[1] | invalid_type",
            "'prompt':[-1] | prompt[0] | invalid_value",
            "'prompt':[4000] | prompt | invalid_value",
            "'prompt':'a','n':129 | n | integer_above_max_value",
            "'prompt':'a','max_tokens':-1 | max_tokens | integer_below_min_value",
            "'prompt':'a','logprobs':6 | logprobs | integer_above_max_value",
            "'prompt':'a','logprobs':true | logprobs | invalid_type",
            "'prompt':'a','n':3,'best_of':2 | best_of | null",
            "'prompt':'a','best_of':2,'stream':true | best_of | null",
            "'prompt':'a','best_of':21 | best_of | integer_above_max_value",
            "'prompt':'a','echo':1 | echo | invalid_type",
            "'prompt':'a','stop':['a','b','c','d','e'] | stop | array_above_max_length",
            "'prompt':'a','stream_options':{} | stream_options | null",
            "'prompt':'a','temperature':3 | temperature | decimal_above_max_value",
            "'prompt':'a','logit_bias':{'4000':1} | logit_bias | invalid_value",
            "'prompt':'%s' | prompt | context_length_exceeded".formatted("x".repeat(5000)))
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
  void aChunkFailsTheSchemaIfItIsWrong() throws IOException {
    String body = server.post(PATH, body(",'prompt':'x','max_tokens':1")).body();
    String planted = body.replace("\"text_completion\"", "\"text\"");
    assertNotEquals(body, planted);
    org.junit.jupiter.api.Assertions.assertThrows(AssertionError.class, () -> checkSchema(planted));
  }
}
