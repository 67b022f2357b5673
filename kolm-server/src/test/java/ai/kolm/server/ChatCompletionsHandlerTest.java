package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.events;
import static ai.kolm.server.TestServer.hello;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineLimits;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ChatCompletionsHandlerTest {
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
  void anAnswerHasWhatClientsNeed() throws IOException {
    Answer answer = server.chat(hello(",\"max_tokens\":5,\"ignore_eos\":true,\"seed\":7"));
    JsonObject body = parse(answer.body());
    assertTrue(string(body, "id").startsWith("chatcmpl-"));
    assertEquals("chat.completion", string(body, "object"));
    assertEquals(TestServer.MODEL, string(body, "model"));
    assertEquals("fp_test", string(body, "system_fingerprint"));
    assertEquals("default", string(body, "service_tier"));
    long now = System.currentTimeMillis() / 1000;
    assertTrue(Math.abs(now - integer(body, "created")) < 60);
    assertEquals("assistant", string(body, "choices", 0, "message", "role"));
    assertEquals(new Json.Null(), at(body, "choices", 0, "message", "refusal"));
    assertEquals(new Json.Null(), at(body, "choices", 0, "logprobs"));
    assertEquals("length", string(body, "choices", 0, "finish_reason"));
    assertEquals(12, integer(body, "usage", "prompt_tokens"));
    assertEquals(5, integer(body, "usage", "completion_tokens"));
    assertEquals(17, integer(body, "usage", "total_tokens"));
    assertTrue(answer.header("x-request-id").matches("rcpt_[0-9A-Z]{26}"));
    assertTrue(answer.header("openai-processing-ms").matches("[0-9]+"));
    assertEquals("2020-10-01", answer.header("openai-version"));
    assertEquals("application/json", answer.header("content-type"));
  }

  @Test
  void theNameOfTheModelMayLackItsEnding() throws IOException {
    String body = hello(",\"max_tokens\":1").replace("fake.kolm", "fake");
    assertEquals("fake.kolm", string(parse(server.chat(body).body()), "model"));
  }

  @Test
  void aStreamIsTheAnswerInPieces() throws IOException {
    String more = ",\"max_tokens\":40,\"ignore_eos\":true,\"seed\":3,\"n\":3";
    JsonObject whole = complete(more);
    List<JsonObject> chunks = stream(more + ",\"stream_options\":{\"include_usage\":true}");
    StringBuilder[] texts = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
    int[] ends = new int[3];
    for (int i = 0; i < chunks.size() - 1; i++) {
      JsonObject chunk = chunks.get(i);
      assertEquals(new Json.Null(), at(chunk, "usage"));
      for (String same : List.of("id", "created", "model", "system_fingerprint", "service_tier")) {
        assertEquals(at(chunks.getFirst(), same), at(chunk, same));
      }
      assertEquals("chat.completion.chunk", string(chunk, "object"));
      int index = (int) integer(chunk, "choices", 0, "index");
      Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
      if (i < 3) {
        assertEquals(i, index);
        assertEquals("assistant", string(chunk, "choices", 0, "delta", "role"));
      } else {
        assertFalse(delta.members().containsKey("role"));
      }
      if (delta.members().containsKey("content")) {
        assertEquals(0, ends[index]);
        texts[index].append(string(chunk, "choices", 0, "delta", "content"));
      }
      if (!at(chunk, "choices", 0, "finish_reason").equals(new Json.Null())) {
        assertEquals(Json.Obj.class, delta.getClass());
        assertTrue(delta.members().isEmpty());
        ends[index]++;
      }
    }
    for (int choice = 0; choice < 3; choice++) {
      assertEquals(1, ends[choice]);
      assertEquals(
          string(whole, "choices", choice, "message", "content"), texts[choice].toString());
    }
    JsonObject last = chunks.getLast();
    assertEquals(new Json.Arr(List.of()), at(last, "choices"));
    for (String same : List.of("prompt_tokens", "completion_tokens", "total_tokens")) {
      assertEquals(at(whole, "usage", same), at(last, "usage", same));
    }
    assertEquals(120, integer(last, "usage", "completion_tokens"));
  }

  @Test
  void tokensThatWereNotComputedAreCounted() throws IOException {
    Object[] path = {"usage", "prompt_tokens_details", "cached_tokens"};
    try (TestServer fresh = new TestServer()) {
      String body = hello(",\"max_tokens\":10,\"ignore_eos\":true%s");
      String plain = body.formatted("");
      assertEquals(0, integer(parse(fresh.chat(plain).body()), path));
      assertEquals(11, integer(parse(fresh.chat(plain).body()), path));
      String streamed =
          body.formatted(",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
      List<String> events = events(fresh.chat(streamed).body());
      assertEquals(11, integer(parse(events.get(events.size() - 2)), path));
    }
  }

  @Test
  void withoutBeingAskedAStreamSaysNothingOfUsage() throws IOException {
    for (JsonObject chunk : stream(",\"max_tokens\":3")) {
      assertFalse(chunk.names().contains("usage"));
      assertFalse(chunk.names().contains("obfuscation"));
      assertNotEquals(new Json.Arr(List.of()), at(chunk, "choices"));
    }
  }

  @Test
  void streamsHaveTheHeadersOfStreams() throws IOException {
    Answer answer = server.chat(hello(",\"stream\":true,\"max_tokens\":2"));
    assertEquals("no-cache", answer.header("cache-control"));
    assertEquals("no", answer.header("x-accel-buffering"));
    assertTrue(answer.header("x-request-id").startsWith("rcpt_"));
    assertTrue(answer.body().endsWith("data: [DONE]\n\n"), answer.body());
    assertTrue(
        answer
            .body()
            .lines()
            .allMatch(
                l -> l.isEmpty() || l.startsWith("data: ") || l.startsWith(": kolm-receipt ")));
  }

  @Test
  void paddedChunksHaveEqualLengths() throws IOException {
    List<JsonObject> chunks =
        stream(
            ",\"max_tokens\":9,\"ignore_eos\":true,\"stream_options\":{\"include_obfuscation\":true}");
    List<JsonObject> padded =
        chunks.stream().filter(chunk -> chunk.names().contains("obfuscation")).toList();
    assertFalse(padded.isEmpty());
    for (JsonObject chunk : padded) {
      String text = string(chunk, "choices", 0, "delta", "content");
      assertEquals(32, text.length() + string(chunk, "obfuscation").length());
    }
  }

  @Test
  void theSameSeedGivesTheSameAnswerAndAnotherAnother() throws IOException {
    String more = ",\"max_tokens\":20,\"ignore_eos\":true,\"seed\":%s";
    Json first = at(complete(more.formatted("1")), "choices");
    assertEquals(first, at(complete(more.formatted("1")), "choices"));
    assertNotEquals(first, at(complete(more.formatted("-9223372036854775808")), "choices"));
    assertNotEquals(first, at(complete(more.formatted("null")), "choices"));
  }

  @Test
  void everySamplingFieldChangesTheAnswer() throws IOException {
    String base = ",\"max_tokens\":60,\"ignore_eos\":true,\"seed\":11";
    Json usual = at(complete(base), "choices");
    for (String field :
        List.of(
            "\"temperature\":0",
            "\"temperature\":1.7",
            "\"top_p\":0.2",
            "\"top_p\":0",
            "\"top_k\":3",
            "\"min_p\":0.6",
            "\"typical_p\":0.3",
            "\"repetition_penalty\":4.0",
            "\"frequency_penalty\":2",
            "\"presence_penalty\":2",
            "\"logit_bias\":{\"50\":100}",
            "\"logit_bias\":{\"50\":3.5,\"51\":-100}")) {
      assertNotEquals(usual, at(complete(base + "," + field), "choices"), field);
    }
    for (String same : List.of("\"top_k\":-1", "\"top_p\":1", "\"temperature\":null")) {
      assertEquals(usual, at(complete(base + "," + same), "choices"), same);
    }
  }

  @Test
  void nullMeansAbsent() throws IOException {
    String base = ",\"seed\":5,\"max_completion_tokens\":8";
    String nulls =
        """
        ,"temperature":null,"top_p":null,"n":null,"stop":null,"presence_penalty":null,
        "frequency_penalty":null,"logit_bias":null,"logprobs":null,"top_logprobs":null,
        "response_format":null,"tools":null,"tool_choice":null,"parallel_tool_calls":null,
        "functions":null,"function_call":null,"stream":null,"stream_options":null,"user":null,
        "metadata":null,"store":null,"service_tier":null,"reasoning_effort":null,
        "verbosity":null,"modalities":null,"audio":null,"prediction":null,"max_tokens":null,
        "web_search_options":null,"moderation":null,"safety_identifier":null,"top_k":null,
        "prompt_cache_key":null,"prompt_cache_retention":null,"prompt_cache_options":null\
        """;
    assertEquals(at(complete(base), "choices"), at(complete(base + nulls), "choices"));
  }

  @Test
  void whatHasNoEffectIsAcceptedAndWhatIsUnknownIsNamed() throws IOException {
    Answer answer =
        server.chat(
            hello(
                """
                ,"max_tokens":2,"max_completion_tokens":2,"store":true,"user":"u","metadata":{"a":"b"},
                "service_tier":"flex","reasoning_effort":"high","verbosity":"low",
                "modalities":["text"],"response_format":{"type":"text"},"tool_choice":"none",
                "function_call":"none","parallel_tool_calls":false,"safety_identifier":"s",
                "prediction":{"type":"content","content":"x"},"prompt_cache_key":"k",
                "prompt_cache_retention":"24h","prompt_cache_options":{"ttl":"30m"},
                "chat_template_kwargs":{"a":1},"evil\\r\\nname: x":1\
                """));
    assertEquals(200, answer.status(), answer.body());
    assertEquals(
        "chat_template_kwargs,evil??name??x", answer.header("x-kolm-ignored"), answer.body());
    assertEquals("", server.chat(hello(",\"max_tokens\":2")).header("x-kolm-ignored"));
  }

  @Test
  void theBytesOfTheTokensAreThoseOfTheMessage() throws IOException {
    JsonObject body =
        complete(
            ",\"max_tokens\":80,\"ignore_eos\":true,\"logprobs\":true,\"top_logprobs\":3,\"seed\":2,\"stop\":\"to\"");
    Json.Arr entries = (Json.Arr) at(body, "choices", 0, "logprobs", "content");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < entries.items().size(); i++) {
      if (at(body, "choices", 0, "logprobs", "content", i, "bytes") instanceof Json.Arr numbers) {
        numbers.items().forEach(number -> bytes.write((int) ((Json.Int) number).value()));
      }
      Json.Arr top = (Json.Arr) at(body, "choices", 0, "logprobs", "content", i, "top_logprobs");
      assertEquals(3, top.items().size());
    }
    assertTrue(entries.items().size() > 3);
    assertEquals(new Json.Null(), at(body, "choices", 0, "logprobs", "refusal"));
    assertEquals(
        string(body, "choices", 0, "message", "content"), bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void streamedLogprobsAreThoseOfTheAnswer() throws IOException {
    String more = ",\"max_tokens\":30,\"ignore_eos\":true,\"logprobs\":true,\"seed\":2";
    Json.Arr whole = (Json.Arr) at(complete(more), "choices", 0, "logprobs", "content");
    List<Json> pieces = new ArrayList<>();
    for (JsonObject chunk : stream(more)) {
      if (at(chunk, "choices", 0, "logprobs") instanceof Json.Obj logprobs) {
        pieces.addAll(((Json.Arr) TestServer.member(logprobs, "content")).items());
      }
    }
    assertEquals(whole.items(), pieces);
  }

  @Test
  void conversationsOfAllRolesAreRead() throws IOException {
    Answer answer =
        server.chat(
            """
            {"model":"fake","max_tokens":2,"messages":[
             {"role":"developer","content":"d"},
             {"role":"system","content":[{"type":"text","text":"s"}],"name":"boss"},
             {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
             {"role":"assistant","content":null,"refusal":null,"tool_calls":[
               {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
               {"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c2","content":"2"},
             {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"1"}]},
             {"role":"assistant","function_call":{"name":"g","arguments":"{}"}},
             {"role":"function","name":"g","content":null},
             {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
             {"role":"assistant","content":null,"refusal":"never"},
             {"role":"user","content":""}]}
            """);
    assertEquals(200, answer.status(), answer.body());
  }

  @Test
  void manyStreamsRunTogether() throws Exception {
    String more = ",\"max_tokens\":50,\"ignore_eos\":true,\"seed\":%d";
    List<Json> alone = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      alone.add(at(complete(more.formatted(seed)), "choices", 0, "message", "content"));
    }
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> streams = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String body = hello((",\"stream\":true" + more).formatted(i % 4));
        streams.add(clients.submit(() -> server.chat(body).body()));
      }
      for (int i = 0; i < streams.size(); i++) {
        StringBuilder text = new StringBuilder();
        for (String event : events(streams.get(i).get())) {
          if (!event.equals("[DONE]")
              && ((Json.Obj) at(parse(event), "choices", 0, "delta")).members().get("content")
                  instanceof Json.Str piece) {
            text.append(piece.value());
          }
        }
        assertEquals(alone.get(i % 4), new Json.Str(text.toString()));
      }
    }
  }

  @Test
  void aFailureOfTheModelIsSaidInTheStream() throws IOException {
    int poison = 50;
    try (TestServer failing = new TestServer(ServerConfig.DEFAULT, EngineLimits.DEFAULT, poison)) {
      String always = ",\"max_tokens\":5,\"logit_bias\":{\"%d\":100}".formatted(poison);
      Answer plain = failing.chat(hello(always));
      assertEquals(500, plain.status());
      OpenAiSchema.check("ErrorResponse", plain.body());
      assertEquals("server_error", string(parse(plain.body()), "error", "type"));
      assertFalse(plain.body().contains("ai.kolm"), plain.body());
      List<String> events = events(failing.chat(hello(",\"stream\":true" + always)).body());
      assertEquals("server_error", string(parse(events.getLast()), "error", "type"));
      assertFalse(events.contains("[DONE]"));
      assertEquals(200, failing.chat(hello(",\"max_tokens\":1")).status());
    }
  }

  @Test
  void theSchemaCheckSeesAFault() throws IOException {
    String body = server.chat(hello(",\"max_tokens\":1")).body();
    String planted = body.replace("\"finish_reason\":\"", "\"finish_reason\":\"un");
    assertNotEquals(body, planted);
    assertThrows(
        AssertionError.class, () -> OpenAiSchema.check("CreateChatCompletionResponse", planted));
  }
}
