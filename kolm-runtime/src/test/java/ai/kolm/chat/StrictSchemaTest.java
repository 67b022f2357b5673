package ai.kolm.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.grammar.GrammarException;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the strict subset takes, and where what it does not take is. */
final class StrictSchemaTest {
  private static final String FRAME =
      "{'type':'object','properties':{'a':%s},'required':['a'],'additionalProperties':false,"
          + "'$defs':{'d':{'type':'null'}}}";

  private static Json json(String text) throws JsonException {
    byte[] bytes = text.replace('\'', '"').getBytes(UTF_8);
    return JsonReader.read(bytes, JsonLimits.DEFAULT);
  }

  private static String refusal(String schema) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> StrictSchema.check(json(schema)), schema);
    return e.path();
  }

  @Test
  void takesWhatTheApiTakes() throws JsonException {
    for (String schema :
        new String[] {
          "{'type':'string','format':'date-time','pattern':'x'}",
          "{'type':['integer','null'],'multipleOf':2,'minimum':1,'maximum':9}",
          "{'enum':['x',1]}",
          "{'const':'x'}",
          "{'anyOf':[{'type':'string'},{'$ref':'#/$defs/d'},{'$ref':'#'}]}",
          "{'type':'array','items':{'type':'boolean'},'minItems':1,'maxItems':3}"
        }) {
      StrictSchema.check(json(FRAME.formatted(schema)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | ``",
        "{'title':'x'} | ``",
        "{'type':'string','format':'uri'} | /format",
        "{'type':'object'} | /additionalProperties",
        "{'type':'object','additionalProperties':true} | /additionalProperties",
        "{'type':'object','properties':{'b':{}},'additionalProperties':false} | /required",
        "{'type':'object','properties':{'b/':{}},'required':['b/'],'additionalProperties':false} | /properties/b~1",
        "{'allOf':[{}]} | /allOf",
        "{'type':'array','items':{'not':{}}} | /items/not",
        "{'type':'array','items':{'type':'string'},'uniqueItems':true} | /uniqueItems",
        "{'anyOf':[{'type':'null'},{'oneOf':[]}]} | /anyOf/1/oneOf",
        "{'type':'object','patternProperties':{},'additionalProperties':false} | /patternProperties"
      })
  void namesThePlace(String schema, String path) {
    assertEquals("/properties/a" + path, refusal(FRAME.formatted(schema)));
  }

  @Test
  void theRootIsAnObject() {
    assertEquals("/type", refusal("{'type':'array','items':{'type':'null'}}"));
    assertEquals("/type", refusal("{'type':'object','anyOf':[{'type':'null'}]}"));
  }

  @Test
  void sizesAreThoseOfTheApi() throws JsonException {
    String many =
        IntStream.range(0, 1_001).mapToObj(String::valueOf).collect(Collectors.joining(","));
    assertEquals("/properties/a/enum", refusal(FRAME.formatted("{'enum':[" + many + "]}")));
    String open = "{'type':'array','items':";
    StrictSchema.check(json(FRAME.formatted(open.repeat(8) + "{'type':'null'}" + "}".repeat(8))));
    assertEquals(
        "/properties/a" + "/items".repeat(9),
        refusal(FRAME.formatted(open.repeat(9) + "{'type':'null'}" + "}".repeat(9))));
    String names =
        IntStream.range(0, 5_000)
            .mapToObj("'p%d':{'type':'null'}"::formatted)
            .collect(Collectors.joining(","));
    String required =
        IntStream.range(0, 5_000).mapToObj("'p%d'"::formatted).collect(Collectors.joining(","));
    assertEquals(
        "/properties/a",
        refusal(
            FRAME.formatted(
                "{'type':'object','properties':{%s},'required':[%s],'additionalProperties':false}"
                    .formatted(names, required))));
  }
}
