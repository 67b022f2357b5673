package ai.kolm.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.json.JsonException.Code;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonReaderTest {

  @Test
  void readsEveryKindOfValueInOrder() throws JsonException {
    Json json =
        read("{\"b\":[1,-2.5,true,null],\"a\":\"é\\ud83d\\ude00\",\"big\":9007199254740993}");
    assertEquals(
        new Json.Obj(
            Map.of(
                "b",
                new Json.Arr(
                    List.of(
                        new Json.Int(1),
                        new Json.Real(-2.5),
                        new Json.Bool(true),
                        new Json.Null())),
                "a",
                new Json.Str("é\uD83D\uDE00"),
                "big",
                new Json.Int(9007199254740993L))),
        json);
    assertEquals(List.of("b", "a", "big"), List.copyOf(((Json.Obj) json).members().keySet()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":1,\"a\":2} | DUPLICATE_KEY",
        "{} {} | TRAILING",
        "{}x | SYNTAX",
        "1e400 | NUMBER",
        "\"\\ud800\" | ENCODING",
        "\"\\udc00\\ud800\" | ENCODING",
        "\uFEFF{} | ENCODING",
        "NaN | SYNTAX",
        "{'a':1} | SYNTAX",
        "[1,] | SYNTAX",
        "/* c */ 1 | SYNTAX",
        "[[[[[1]]]]] | DEPTH",
        "{ | SYNTAX",
        "`` | SYNTAX",
      })
  void refusesWhatStrictJsonDoesNotAllow(String text, Code code) {
    JsonException e = assertThrows(JsonException.class, () -> read(text));
    assertEquals(code, e.code(), e.getMessage());
  }

  @Test
  void refusesOverlongUtf8() {
    byte[] overlongSlash = {'"', (byte) 0xC0, (byte) 0xAF, '"'};
    JsonException e =
        assertThrows(JsonException.class, () -> JsonReader.read(overlongSlash, JsonLimits.DEFAULT));
    assertEquals(Code.ENCODING, e.code());
  }

  @Test
  void refusesTextOverTheLimitBeforeReadingIt() {
    JsonException e =
        assertThrows(
            JsonException.class,
            () -> JsonReader.read(new byte[100], JsonLimits.DEFAULT.withBytes(99)));
    assertEquals(Code.SIZE, e.code());
  }

  @Test
  void namesThePointerOfAMemberOfTheWrongKind() throws JsonException {
    JsonObject object =
        JsonReader.readObject(
            "{\"a\":{\"b/c\":[1]}}".getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    JsonException e = assertThrows(JsonException.class, () -> object.object("a").string("b/c"));
    assertEquals("/a/b~1c: expected a string, got an array", e.getMessage());
  }

  private static Json read(String text) throws JsonException {
    return JsonReader.read(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT.withDepth(4));
  }
}
