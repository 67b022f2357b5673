package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The groups of the JSON Schema Test Suite. */
final class SchemaTests {
  /** Keeps numbers as they are written. */
  static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** One schema and what is said about some instances. */
  record Group(String folder, String file, String description, String schema, JsonNode tests) {
    /** Names a test. */
    String name(JsonNode test) {
      return "%s/%s | %s | %s"
          .formatted(folder, file, description, test.get("description").asString());
    }
  }

  private SchemaTests() {}

  /** All groups of a folder, such as {@code draft7} or {@code draft7/optional/format}. */
  static List<Group> of(String folder) throws IOException {
    List<Group> groups = new ArrayList<>();
    for (String file : files(folder)) {
      JsonNode list;
      try (InputStream in = open(folder + "/" + file)) {
        list = MAPPER.readTree(in);
      }
      for (JsonNode group : list) {
        String schema = declared(folder, MAPPER.writeValueAsString(group.get("schema")));
        groups.add(
            new Group(
                folder, file, group.get("description").asString(), schema, group.get("tests")));
      }
    }
    return groups;
  }

  private static List<String> files(String folder) throws IOException {
    try (InputStream in = open("files.txt")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> line.startsWith(folder + "/"))
          .map(line -> line.substring(folder.length() + 1))
          .filter(line -> !line.contains("/"))
          .toList();
    }
  }

  static InputStream open(String name) throws IOException {
    InputStream in = SchemaTests.class.getResourceAsStream("/json-schema-test-suite/" + name);
    if (in == null) {
      throw new IOException("no resource " + name);
    }
    return in;
  }

  /** Schemas of the drafts 4, 6 and 7 in the suite do not say so. */
  private static String declared(String folder, String schema) {
    String draft = folder.split("/", -1)[0].replace("draft", "");
    if (draft.length() > 1 || schema.contains("\"$schema\"") || !schema.startsWith("{")) {
      return schema;
    }
    String declaration =
        "{\"$schema\":\"http://json-schema.org/draft-0%s/schema#\"".formatted(draft);
    return declaration + (schema.equals("{}") ? "" : ",") + schema.substring(1);
  }

  static Json schema(String text) throws JsonException {
    return JsonReader.read(text.getBytes(UTF_8), JsonLimits.DEFAULT);
  }

  /** Compact JSON, numbers in plain decimals. */
  static String write(JsonNode value) {
    if (value.isObject()) {
      StringJoiner all = new StringJoiner(",", "{", "}");
      value
          .properties()
          .forEach(
              member ->
                  all.add(
                      MAPPER.writeValueAsString(member.getKey()) + ":" + write(member.getValue())));
      return all.toString();
    }
    if (value.isArray()) {
      StringJoiner all = new StringJoiner(",", "[", "]");
      value.forEach(item -> all.add(write(item)));
      return all.toString();
    }
    return value.isNumber()
        ? value.decimalValue().toPlainString()
        : MAPPER.writeValueAsString(value);
  }

  /** The same value written otherwise: blanks, escapes. */
  static String writeLoosely(JsonNode value) {
    if (value.isObject()) {
      StringJoiner all = new StringJoiner(",\n  ", "{ ", "\n}").setEmptyValue("{ }");
      value
          .properties()
          .forEach(
              member -> all.add(escaped(member.getKey()) + ": " + writeLoosely(member.getValue())));
      return all.toString();
    }
    if (value.isArray()) {
      StringJoiner all = new StringJoiner(", ", "[", " ]").setEmptyValue("[\n]");
      value.forEach(item -> all.add(writeLoosely(item)));
      return all.toString();
    }
    return value.isString() ? escaped(value.asString()) : write(value);
  }

  private static String escaped(String text) {
    StringBuilder all = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      all.append("\\u%04x".formatted((int) text.charAt(i)));
    }
    return all.append('"').toString();
  }
}
