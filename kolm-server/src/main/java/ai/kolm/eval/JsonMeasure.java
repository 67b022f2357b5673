package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonPointer;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Compares JSON values leaf by leaf. */
final class JsonMeasure {
  private JsonMeasure() {}

  /** The JSON in a text, also if it stands between fences of Markdown. */
  static Optional<Json> parse(String text) {
    String bare = text.strip();
    if (bare.startsWith("```") && bare.endsWith("```") && bare.length() > 6) {
      int line = bare.indexOf('\n');
      bare = line < 0 ? bare : bare.substring(line + 1, bare.length() - 3).strip();
    }
    try {
      return Optional.of(JsonReader.read(bare.getBytes(UTF_8), JsonLimits.DEFAULT));
    } catch (JsonException e) {
      return Optional.empty();
    }
  }

  /** F1 over pairs of JSON pointer and value. */
  static double f1(Json expected, Json actual, boolean unordered) {
    Map<String, Integer> left = leaves(expected, unordered);
    Map<String, Integer> right = leaves(actual, unordered);
    int common = 0;
    for (Map.Entry<String, Integer> leaf : left.entrySet()) {
      common += Math.min(leaf.getValue(), right.getOrDefault(leaf.getKey(), 0));
    }
    return TextMeasure.f1(
        common,
        left.values().stream().mapToInt(Integer::intValue).sum(),
        right.values().stream().mapToInt(Integer::intValue).sum());
  }

  private static Map<String, Integer> leaves(Json value, boolean unordered) {
    Map<String, Integer> leaves = new HashMap<>();
    collect(value, "", unordered, leaves);
    return leaves;
  }

  private static void collect(
      Json value, String pointer, boolean unordered, Map<String, Integer> into) {
    switch (value) {
      case Json.Obj object when !object.members().isEmpty() ->
          object
              .members()
              .forEach(
                  (name, member) ->
                      collect(member, JsonPointer.child(pointer, name), unordered, into));
      case Json.Arr array when !array.items().isEmpty() -> {
        for (int i = 0; i < array.items().size(); i++) {
          collect(array.items().get(i), pointer + "/" + (unordered ? "*" : i), unordered, into);
        }
      }
      default -> into.merge(pointer + "\0" + leaf(value), 1, Integer::sum);
    }
  }

  /** Numbers as decimals: 1 and 1.0 are the same. */
  private static String leaf(Json value) {
    return switch (value) {
      case Json.Int number -> "n" + BigDecimal.valueOf(number.value()).stripTrailingZeros();
      case Json.Real number -> "n" + BigDecimal.valueOf(number.value()).stripTrailingZeros();
      default -> JsonText.of(value);
    };
  }
}
