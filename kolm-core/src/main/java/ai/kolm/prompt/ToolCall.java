package ai.kolm.prompt;

import java.util.Objects;

/**
 * A call that the model made.
 *
 * @param id names the call; the answering tool message repeats it
 * @param name the function
 * @param arguments the arguments as JSON text, exactly as the model wrote them
 */
public record ToolCall(String id, String name, String arguments) {
  /** Checks for null. */
  public ToolCall {
    Objects.requireNonNull(id);
    Objects.requireNonNull(name);
    Objects.requireNonNull(arguments);
  }
}
