package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cases in the schema of OpenAI as Anthropic wants them, and its answers. */
class AnthropicDialectTest {
  private static final String TAIL = ",\"expected\":{\"text\":\"x\"}}\n";

  private static Json.Obj json(String text) throws Exception {
    return JsonReader.readObject(text.getBytes(UTF_8), JsonLimits.DEFAULT).json();
  }

  private static String canonical(Json json) {
    return new String(CanonicalJson.write(json), UTF_8);
  }

  private static EvalCase one(String members) throws Exception {
    String line = "{\"id\":\"a\"," + members.replace("\n", " ") + TAIL;
    return EvalCases.read(line.getBytes(UTF_8)).cases().getFirst();
  }

  private static void translated(String members, String expected) throws Exception {
    assertEquals(
        canonical(json(expected)), canonical(new AnthropicDialect().request(one(members), "m")));
  }

  @Test
  void aQuestionWithSystemAndParameters() throws Exception {
    translated(
        """
        "messages":[{"role":"system","content":"be short"},{"role":"user","content":"hi"}],
        "params":{"max_tokens":7,"stop":"end","top_p":0.5,"seed":3}""",
        """
        {"model":"m","max_tokens":7,"temperature":0,"top_p":0.5,"stop_sequences":["end"],
         "system":[{"type":"text","text":"be short"}],
         "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""");
  }

  @Test
  void toolsTheirCallsAndTheirResults() throws Exception {
    translated(
        """
        "messages":[
          {"role":"user","content":[{"type":"text","text":"weather?"}]},
          {"role":"assistant","content":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"x\\":1}"}},
            {"id":"c2","type":"function","function":{"name":"f","arguments":"{\\"x\\":2}"}}]},
          {"role":"tool","tool_call_id":"c1","content":"sun"},
          {"role":"tool","tool_call_id":"c2","content":"rain"},
          {"role":"user","content":"so?"}],
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
        "tool_choice":"required\"""",
        """
        {"model":"m","max_tokens":4096,"temperature":0,
         "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],
         "tool_choice":{"type":"any"},
         "messages":[
          {"role":"user","content":[{"type":"text","text":"weather?"}]},
          {"role":"assistant","content":[
            {"type":"tool_use","id":"c1","name":"f","input":{"x":1}},
            {"type":"tool_use","id":"c2","name":"f","input":{"x":2}}]},
          {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"sun"}]},
            {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"rain"}]},
            {"type":"text","text":"so?"}]}]}""");
  }

  /** Both sides are asked the same, or the case is refused with its name. */
  @Test
  void whatHasNoCounterpartIsRefused() throws Exception {
    String ask = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],";
    Map<String, String> refused =
        Map.of(
            ask + "\"response_format\":{\"type\":\"json_object\"}",
            "response_format",
            ask + "\"params\":{\"frequency_penalty\":1}",
            "frequency_penalty",
            ask + "\"tool_choice\":{\"type\":\"x\"}",
            "tool_choice",
            "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
            "image_url",
            "\"messages\":[{\"role\":\"other\",\"content\":\"\"}]",
            "the role \"other\"");
    for (Map.Entry<String, String> entry : refused.entrySet()) {
      EvalCase asked = one(entry.getKey());
      EvalException e =
          assertThrows(EvalException.class, () -> new AnthropicDialect().request(asked, "m"));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("case \"a\": "), message);
      assertTrue(message.contains(entry.getValue()), message);
    }
  }

  @Test
  void answers() throws Exception {
    Answer said =
        new AnthropicDialect()
            .answer(
                json(
                    """
                    {"content":[{"type":"thinking","thinking":"no"},{"type":"text","text":"a"},
                      {"type":"text","text":"b"},{"type":"tool_use","id":"t","name":"f","input":{"x":1}}],
                     "stop_reason":"tool_use","usage":{"input_tokens":5,"cache_read_input_tokens":3,
                      "cache_creation_input_tokens":2,"output_tokens":4}}"""),
                1,
                "");
    assertEquals("ab", said.content());
    assertEquals(
        List.of(new Answer.Call("f", new Json.Obj(Map.of("x", new Json.Int(1))))),
        said.toolCalls());
    assertEquals("tool_calls", said.finish());
    assertEquals(new Answer.Usage(10, 3, 4), said.usage());
    for (Map.Entry<String, String> end :
        Map.of("end_turn", "stop", "stop_sequence", "stop", "max_tokens", "length").entrySet()) {
      String body = "{\"content\":[],\"stop_reason\":\"%s\"}".formatted(end.getKey());
      assertEquals(end.getValue(), new AnthropicDialect().answer(json(body), 1, "").finish());
    }
    String refusal = "{\"content\":[],\"stop_reason\":\"refusal\"}";
    assertEquals("refusal", new AnthropicDialect().answer(json(refusal), 1, "").error());
    assertTrue(new AnthropicDialect().answer(json("{\"type\":\"error\"}"), 1, "").isFailure());
  }
}
