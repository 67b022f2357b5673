package ai.kolm.chat.tool;

import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the model may call: a function with arguments, or a custom tool, whose one argument is a
 * text.
 *
 * @param name 1 to 64 letters, digits, {@code _} or {@code -}
 * @param description what it does, for the model; may be empty
 * @param parameters a JSON schema of its arguments, which are an object; an empty object: any
 * @param strict whether the schema must be of the subset that the OpenAI API calls strict
 * @param input what the text of a custom tool may be; empty: it is a function
 */
public record Tool(
    String name,
    String description,
    Json.Obj parameters,
    boolean strict,
    Optional<ToolInput> input) {
  private static final int MAX_NAME = 64;

  /** The schema of a function without parameters. */
  public static final Json.Obj NO_PARAMETERS =
      new Json.Obj(
          Map.of(
              "type", new Json.Str("object"),
              "properties", new Json.Obj(Map.of()),
              "additionalProperties", new Json.Bool(false)));

  /**
   * @throws IllegalArgumentException if the name is not one
   */
  public Tool {
    Objects.requireNonNull(description);
    Objects.requireNonNull(parameters);
    Objects.requireNonNull(input);
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "a tool's name is 1 to %d letters, digits, '_' or '-'".formatted(MAX_NAME));
    }
  }

  /** A function. */
  public Tool(String name, String description, Json.Obj parameters, boolean strict) {
    this(name, description, parameters, strict, Optional.empty());
  }

  /** A custom tool. To the model it is a function with one argument, {@code input}. */
  public static Tool custom(String name, String description, ToolInput input) {
    return new Tool(name, description, input.parameters(), false, Optional.of(input));
  }

  /** Whether a tool may have this name. */
  public static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_NAME
        && name.chars()
            .allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || "_-".indexOf(c) >= 0));
  }

  /** The grammar of a custom tool's text, if it has one that no schema can say. */
  public Optional<String> lark() {
    return input.orElse(null) instanceof ToolInput.Lark lark
        ? Optional.of(lark.grammar())
        : Optional.empty();
  }

  /** The tool as OpenAI writes functions, and as chat templates expect it. */
  public Json.Obj toJson() {
    Map<String, Json> function = new LinkedHashMap<>();
    function.put("name", new Json.Str(name));
    function.put("description", new Json.Str(description));
    function.put("parameters", parameters);
    Map<String, Json> tool = new LinkedHashMap<>();
    tool.put("type", new Json.Str("function"));
    tool.put("function", new Json.Obj(function));
    return new Json.Obj(tool);
  }
}
