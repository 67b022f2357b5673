package ai.kolm.chat;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.json.Json;
import ai.kolm.json.JsonPointer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The subset of JSON Schema that the OpenAI API calls strict: the root is an object, all objects
 * are closed and all of their properties required, and neither keywords nor sizes go beyond what
 * that API takes. Whoever asks for it gets the same refusals here, so that what runs here runs
 * there.
 *
 * <p>Source: "Structured model outputs: supported schemas" of the OpenAI API documentation.
 */
final class StrictSchema {
  private static final int MAX_DEPTH = 10;
  private static final int MAX_PROPERTIES = 5_000;
  private static final int MAX_VALUES = 1_000;
  private static final int MAX_CHARACTERS = 120_000;
  private static final int MANY_VALUES = 250;
  private static final int MAX_VALUE_CHARACTERS = 15_000;
  private static final Set<String> REFUSED =
      Set.of(
          "allOf",
          "oneOf",
          "not",
          "if",
          "then",
          "else",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "patternProperties",
          "propertyNames",
          "unevaluatedProperties",
          "unevaluatedItems",
          "contains",
          "minContains",
          "maxContains",
          "minProperties",
          "maxProperties",
          "uniqueItems",
          "prefixItems");

  private static final List<String> FORMATS =
      List.of("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid");

  /** One of these says what a value is. */
  private static final List<String> KINDS = List.of("type", "anyOf", "$ref", "enum", "const");

  private int properties;
  private int values;
  private int characters;

  private StrictSchema() {}

  /**
   * Checks a schema.
   *
   * @throws GrammarException naming the first keyword that is not of the subset
   */
  static void check(Json schema) {
    if (!(schema instanceof Json.Obj root)
        || !new Json.Str("object").equals(root.members().get("type"))
        || root.members().containsKey("anyOf")) {
      throw refused("type", "/type", "in strict mode the schema must be of type 'object'");
    }
    new StrictSchema().check(root, "", 1);
  }

  private static GrammarException refused(String keyword, String path, String message) {
    return new GrammarException(Code.UNSUPPORTED, keyword, path, message);
  }

  private void check(Json json, String path, int depth) {
    if (!(json instanceof Json.Obj schema)) {
      throw refused("schema", path, "in strict mode every schema is an object");
    }
    for (String keyword : schema.members().keySet()) {
      if (REFUSED.contains(keyword)) {
        throw refused(
            keyword,
            path + "/" + keyword,
            "in strict mode '%s' is not permitted".formatted(keyword));
      }
    }
    if (depth > MAX_DEPTH) {
      throw refused(
          "properties", path, "in strict mode at most %d levels nest".formatted(MAX_DEPTH));
    }
    kind(schema, path);
    if (isObject(schema)) {
      object(schema, path, depth);
    }
    values(schema, path);
    children(schema, path, depth);
  }

  private static void kind(Json.Obj schema, String path) {
    if (KINDS.stream().noneMatch(schema.members()::containsKey)) {
      throw refused("type", path, "in strict mode every schema must have a 'type'");
    }
    if (schema.members().get("format") instanceof Json.Str format
        && !FORMATS.contains(format.value())) {
      throw refused(
          "format",
          path + "/format",
          "in strict mode '%.40s' is not one of the formats %s"
              .formatted(format.value(), String.join(", ", FORMATS)));
    }
  }

  private static boolean isObject(Json.Obj schema) {
    Json type = schema.members().get("type");
    return new Json.Str("object").equals(type)
        || (type instanceof Json.Arr types && types.items().contains(new Json.Str("object")))
        || schema.members().containsKey("properties");
  }

  private void object(Json.Obj schema, String path, int depth) {
    if (!new Json.Bool(false).equals(schema.members().get("additionalProperties"))) {
      throw refused(
          "additionalProperties",
          path + "/additionalProperties",
          "in strict mode 'additionalProperties' is required to be supplied and to be false");
    }
    Map<String, Json> declared =
        schema.members().get("properties") instanceof Json.Obj members
            ? members.members()
            : Map.of();
    List<Json> required =
        schema.members().get("required") instanceof Json.Arr names ? names.items() : List.of();
    for (Map.Entry<String, Json> property : declared.entrySet()) {
      String name = property.getKey();
      if (!required.contains(new Json.Str(name))) {
        throw refused(
            "required",
            path + "/required",
            "in strict mode 'required' must name every property; '%s' is missing".formatted(name));
      }
      count(name.length(), path);
      if (++properties > MAX_PROPERTIES) {
        throw refused(
            "properties", path, "in strict mode at most %,d properties".formatted(MAX_PROPERTIES));
      }
      check(property.getValue(), JsonPointer.child(path + "/properties", name), depth + 1);
    }
  }

  private void values(Json.Obj schema, String path) {
    if (schema.members().get("const") instanceof Json.Str text) {
      count(text.value().length(), path);
    }
    if (!(schema.members().get("enum") instanceof Json.Arr list)) {
      return;
    }
    values += list.items().size();
    int length = 0;
    for (Json value : list.items()) {
      length += value instanceof Json.Str text ? text.value().length() : 0;
    }
    count(length, path);
    if (values > MAX_VALUES
        || (list.items().size() > MANY_VALUES && length > MAX_VALUE_CHARACTERS)) {
      throw refused(
          "enum",
          path + "/enum",
          "in strict mode at most %,d values in all enums, and at most %,d characters in one of more"
                  .formatted(MAX_VALUES, MAX_VALUE_CHARACTERS)
              + " than "
              + MANY_VALUES);
    }
  }

  private void count(int length, String path) {
    characters += length;
    if (characters > MAX_CHARACTERS) {
      throw refused(
          "properties",
          path,
          "in strict mode at most %,d characters in names and values".formatted(MAX_CHARACTERS));
    }
  }

  private void children(Json.Obj schema, String path, int depth) {
    if (schema.members().get("items") instanceof Json.Obj items) {
      check(items, path + "/items", depth + 1);
    }
    if (schema.members().get("anyOf") instanceof Json.Arr options) {
      for (int i = 0; i < options.items().size(); i++) {
        check(options.items().get(i), path + "/anyOf/" + i, depth);
      }
    }
    for (String keyword : List.of("$defs", "definitions")) {
      if (schema.members().get(keyword) instanceof Json.Obj definitions) {
        definitions
            .members()
            .forEach((name, d) -> check(d, JsonPointer.child(path + "/" + keyword, name), 1));
      }
    }
  }
}
