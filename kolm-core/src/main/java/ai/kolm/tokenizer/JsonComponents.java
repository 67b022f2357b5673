package ai.kolm.tokenizer;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.weights.ModelFormatException;
import java.util.List;

/**
 * What the readers of the parts of a {@code tokenizer.json} share.
 *
 * @param file for messages
 */
record JsonComponents(String file) {

  /** The parts of a {@code Sequence}; of anything else, itself. */
  static List<JsonObject> parts(JsonObject component, String key) throws JsonException {
    return component.string("type").equals("Sequence")
        ? component.objects(key)
        : List.of(component);
  }

  /** A type that is not known. */
  ModelFormatException unknownType(JsonObject component, List<String> known) throws JsonException {
    return fault(component, "type", "one of " + known, component.string("type"));
  }

  /** An option that has no other value here. */
  void require(JsonObject component, String key, boolean fits, String expected)
      throws ModelFormatException {
    if (!fits) {
      String found = component.find(key).map(JsonComponents::shown).orElse("nothing");
      throw fault(component, key, expected, found);
    }
  }

  ModelFormatException fault(JsonObject component, String key, String expected, String found) {
    return new ModelFormatException(
        file, "%s: expected %s, got %s".formatted(component.at(key), expected, found));
  }

  private static String shown(Json value) {
    return value instanceof Json.Str(String text) ? "\"" + text + "\"" : value.kind();
  }
}
