package ai.kolm.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonException.Code;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalJsonTest {

  /** The numbers of RFC 8785, appendix B, by their bits. */
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0",
    "8000000000000000, 0",
    "0000000000000001, 5e-324",
    "8000000000000001, -5e-324",
    "7fefffffffffffff, 1.7976931348623157e+308",
    "ffefffffffffffff, -1.7976931348623157e+308",
    "4340000000000000, 9007199254740992",
    "c340000000000000, -9007199254740992",
    "4430000000000000, 295147905179352830000",
    "44b52d02c7e14af5, 9.999999999999997e+22",
    "44b52d02c7e14af6, 1e+23",
    "44b52d02c7e14af7, 1.0000000000000001e+23",
    "444b1ae4d6e2ef4e, 999999999999999700000",
    "444b1ae4d6e2ef4f, 999999999999999900000",
    "444b1ae4d6e2ef50, 1e+21",
    "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d, 0.000001",
    "41b3de4355555553, 333333333.3333332",
    "41b3de4355555554, 333333333.33333325",
    "41b3de4355555555, 333333333.3333333",
    "41b3de4355555556, 333333333.3333334",
    "41b3de4355555557, 333333333.33333343",
    "becbf647612f3696, -0.0000033333333333333333",
    "43143ff3c1cb0959, 1424953923781206.2",
  })
  void numbersAsEcmaScriptWritesThem(String bits, String text) {
    double value = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
    assertEquals(text, CanonicalJson.number(value));
  }

  /** Each number reads back as itself, and no number of fewer digits does. */
  @Test
  void numbersHaveTheFewestDigits() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 200_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (i % 4 == 0) {
        value = random.nextInt(1, 1000) * Math.pow(10, random.nextInt(-330, 308));
      }
      if (!Double.isFinite(value) || value == 0) {
        continue;
      }
      String text = CanonicalJson.number(value);
      assertEquals(value, Double.parseDouble(text), text);
      BigDecimal decimal = new BigDecimal(text).stripTrailingZeros();
      if (decimal.precision() > 1) {
        BigDecimal exact = new BigDecimal(value);
        for (RoundingMode mode : List.of(RoundingMode.UP, RoundingMode.DOWN)) {
          BigDecimal shorter = exact.round(new MathContext(decimal.precision() - 1, mode));
          assertTrue(shorter.doubleValue() != value, text);
        }
      }
    }
  }

  @Test
  void membersAreSortedByCodeUnitsAndStringsEscapedLeast() throws JsonException {
    String text =
        "{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\\u00f6\":4,\"\\u0080\":5,\"1\":6,"
            + "\"\\r\":7, \"s\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\u007f"
            + "\\b\\f\\t\", \"l\": [ null, true , false, {} , [] ]}";
    assertEquals(
        "{\"\\r\":7,\"1\":6,\"l\":[null,true,false,{},[]],"
            + "\"s\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u007f\\b\\f\\t\","
            + "\"\u0080\":5,\"\u00f6\":4,\"\u20ac\":3,\"\ud83d\ude00\":2,\"\ufb33\":1}",
        new String(CanonicalJson.write(read(text)), UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1,\"b\":[0.1,1e+21,\"\u00e9\"]}", "-1", "[]", "\"\\u001f\""})
  void canonicalTextIsAccepted(String text) throws JsonException {
    CanonicalJson.require(text.getBytes(UTF_8), read(text));
    assertEquals(text, new String(CanonicalJson.write(read(text)), UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"b\":1,\"a\":2}",
        "[1, 2]",
        " 1",
        "1\n",
        "1.0",
        "1e0",
        "-0",
        "1E+21",
        "1e21",
        "0.10",
        "\"\\/\"",
        "\"\\u0041\"",
        "\"\\u001F\"",
        "\"\\u000a\"",
        "1000000000000000000000"
      })
  void anyOtherTextIsRefused(String text) throws JsonException {
    Json value = read(text);
    JsonException e =
        assertThrows(JsonException.class, () -> CanonicalJson.require(text.getBytes(UTF_8), value));
    assertEquals(Code.NOT_CANONICAL, e.code(), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9007199254740992",
        "-9007199254740992",
        "[{\"a\":9223372036854775807}]",
        "100000000000000000000",
        "9007199254740993.0"
      })
  void integersThatDoublesDoNotHoldAreRefused(String text) throws JsonException {
    Json value = read(text);
    JsonException e =
        assertThrows(JsonException.class, () -> CanonicalJson.requireExactNumbers(value));
    assertEquals(Code.NUMBER, e.code());
  }

  @Test
  void theLargestIntegersAreExact() throws JsonException {
    CanonicalJson.requireExactNumbers(read("[9007199254740991,-9007199254740991,1e+300,0.5]"));
    assertThrows(IllegalArgumentException.class, () -> CanonicalJson.write(new Json.Int(1L << 53)));
  }

  private static Json read(String text) throws JsonException {
    return JsonReader.read(text.getBytes(UTF_8), JsonLimits.DEFAULT);
  }
}
