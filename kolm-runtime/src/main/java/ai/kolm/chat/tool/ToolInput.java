package ai.kolm.chat.tool;

import ai.kolm.grammar.CallForm;
import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the text that a custom tool is called with may be. Enforced while it is generated. */
public sealed interface ToolInput {

  /** Any text. */
  record AnyText() implements ToolInput {}

  /**
   * A text that a regular expression of ECMA-262 matches from end to end.
   *
   * @param pattern without slashes and flags
   */
  record Regex(String pattern) implements ToolInput {
    /** Checks for null. */
    public Regex {
      Objects.requireNonNull(pattern);
    }
  }

  /**
   * A text that a grammar in the notation of Lark derives from its {@code start}.
   *
   * @param grammar the rules
   */
  record Lark(String grammar) implements ToolInput {
    /** Checks for null. */
    public Lark {
      Objects.requireNonNull(grammar);
    }
  }

  /** The schema of the arguments that carry the text, as far as a schema can say it. */
  default Json.Obj parameters() {
    Map<String, Json> text = new LinkedHashMap<>();
    text.put("type", new Json.Str("string"));
    switch (this) {
      case AnyText _ -> {}
      case Regex regex -> text.put("pattern", new Json.Str("^(?:" + regex.pattern() + ")$"));
      case Lark lark ->
          text.put("description", new Json.Str("A text of this Lark grammar:\n" + lark.grammar()));
    }
    Map<String, Json> schema = new LinkedHashMap<>();
    schema.put("type", new Json.Str("object"));
    schema.put("properties", new Json.Obj(Map.of(CallForm.INPUT, new Json.Obj(text))));
    schema.put("required", new Json.Arr(List.of(new Json.Str(CallForm.INPUT))));
    schema.put("additionalProperties", new Json.Bool(false));
    return new Json.Obj(schema);
  }
}
