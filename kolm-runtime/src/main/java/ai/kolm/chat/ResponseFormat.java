package ai.kolm.chat;

import ai.kolm.grammar.JsonStyle;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What the text of an answer must look like. Enforced token by token: an answer that ends with
 * {@link FinishReason#STOP} has the format, one that was cut ({@link FinishReason#LENGTH}) begins
 * like a text that has it. What cannot be enforced is refused before anything is generated.
 */
public sealed interface ResponseFormat {

  /** Any text. */
  ResponseFormat TEXT = new Text();

  /** Any JSON object. */
  ResponseFormat JSON_OBJECT = new JsonObject();

  /** Any text. */
  record Text() implements ResponseFormat {}

  /** Any JSON object. */
  record JsonObject() implements ResponseFormat {}

  /**
   * JSON that meets a schema.
   *
   * @param name what the schema is called, for error messages
   * @param schema of draft 04 to 2020-12
   * @param strict whether the schema must be of the subset that the OpenAI API calls strict
   * @param style of the JSON
   */
  record JsonSchema(String name, Json schema, boolean strict, JsonStyle style)
      implements ResponseFormat {
    /**
     * What a schema gets that says nothing else: its keys in the order of the schema, integers
     * without a point.
     */
    public static final JsonStyle STYLE =
        JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED).with(JsonStyle.Integers.WHOLE);

    /** Checks for null. */
    public JsonSchema {
      Objects.requireNonNull(name);
      Objects.requireNonNull(schema);
      Objects.requireNonNull(style);
    }
  }

  /**
   * A text that a regular expression of ECMA-262 matches from end to end.
   *
   * @param pattern without slashes and flags
   */
  record Regex(String pattern) implements ResponseFormat {
    /** Checks for null. */
    public Regex {
      Objects.requireNonNull(pattern);
    }
  }

  /**
   * One of some texts.
   *
   * @param texts at least one
   */
  record Choices(List<String> texts) implements ResponseFormat {
    /** Copies the list. */
    public Choices {
      texts = List.copyOf(texts);
      if (texts.isEmpty()) {
        throw new IllegalArgumentException("there must be something to choose from");
      }
    }
  }

  /** A text that a grammar in the notation of llama.cpp derives from its {@code root}. */
  record Gbnf(String grammar) implements ResponseFormat {
    /** Checks for null. */
    public Gbnf {
      Objects.requireNonNull(grammar);
    }
  }

  /** A text that a grammar in the notation of Lark derives from its {@code start}. */
  record Lark(String grammar) implements ResponseFormat {
    /** Checks for null. */
    public Lark {
      Objects.requireNonNull(grammar);
    }
  }

  /** JSON that meets {@code schema}, keys in the order of the schema. */
  static ResponseFormat jsonSchema(Json schema) {
    return new JsonSchema("response", schema, false, JsonSchema.STYLE);
  }

  /**
   * As {@link #jsonSchema(Json)}.
   *
   * @throws IllegalArgumentException if {@code schema} is not JSON
   */
  static ResponseFormat jsonSchema(String schema) {
    try {
      return jsonSchema(
          JsonReader.read(schema.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT));
    } catch (JsonException e) {
      throw new IllegalArgumentException("the schema is not JSON: " + e.getMessage(), e);
    }
  }

  /** A text that {@code pattern} matches from end to end. */
  static ResponseFormat regex(String pattern) {
    return new Regex(pattern);
  }

  /** One of {@code texts}. */
  static ResponseFormat choices(String... texts) {
    return new Choices(List.of(texts));
  }

  /** A text that a grammar in the notation of llama.cpp derives. */
  static ResponseFormat gbnf(String grammar) {
    return new Gbnf(grammar);
  }

  /** A text that a grammar in the notation of Lark derives. */
  static ResponseFormat lark(String grammar) {
    return new Lark(grammar);
  }
}
