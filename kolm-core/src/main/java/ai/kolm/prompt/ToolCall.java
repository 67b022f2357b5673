package ai.kolm.prompt;

import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.util.Map;
import java.util.Objects;

/**
 * A call that the model made.
 *
 * @param id names the call; the answering tool message repeats it
 * @param name the tool
 * @param arguments the arguments as JSON text, exactly as the model wrote them; of a custom tool
 *     the text it is called with
 * @param custom whether it is a custom tool, which takes a text
 */
public record ToolCall(String id, String name, String arguments, boolean custom) {
  /** Checks for null. */
  public ToolCall {
    Objects.requireNonNull(id);
    Objects.requireNonNull(name);
    Objects.requireNonNull(arguments);
  }

  /** A call of a function. */
  public ToolCall(String id, String name, String arguments) {
    this(id, name, arguments, false);
  }

  /** The arguments as the model has to see them: those of a custom tool as an object of one. */
  public String jsonArguments() {
    return custom ? JsonText.of(new Json.Obj(Map.of("input", new Json.Str(arguments)))) : arguments;
  }
}
