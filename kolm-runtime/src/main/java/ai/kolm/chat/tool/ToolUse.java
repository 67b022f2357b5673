package ai.kolm.chat.tool;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tools of a request, and what the model may do with them. All of it is enforced while the
 * answer is generated: a call is of a tool that is allowed, with arguments that meet its schema.
 *
 * @param tools all that the model is told of, at most 128, each name once
 * @param mode whether it may, or must, call
 * @param allowed the names it may call; empty: all
 * @param parallel whether an answer may have more than one call
 */
public record ToolUse(List<Tool> tools, Mode mode, Set<String> allowed, boolean parallel) {
  private static final int MAX_TOOLS = 128;

  /** Whether the model calls tools. */
  public enum Mode {
    /** It must not, and is not told of them. */
    NONE,
    /** It may. */
    AUTO,
    /** It must, at least once. */
    REQUIRED
  }

  /** No tools. */
  public static final ToolUse NONE = new ToolUse(List.of(), Mode.NONE, Set.of(), true);

  /**
   * @throws IllegalArgumentException if there are too many tools, two have one name, or a name that
   *     is allowed belongs to none; if there are none to call
   */
  public ToolUse {
    Objects.requireNonNull(mode);
    tools = List.copyOf(tools);
    allowed = Set.copyOf(allowed);
    if (tools.size() > MAX_TOOLS) {
      throw new IllegalArgumentException("at most %d tools".formatted(MAX_TOOLS));
    }
    Set<String> names = new HashSet<>();
    for (Tool tool : tools) {
      if (!names.add(tool.name())) {
        throw new IllegalArgumentException("two tools are called " + tool.name());
      }
    }
    if (!names.containsAll(allowed)) {
      throw new IllegalArgumentException("a tool that is allowed is not among the tools");
    }
    if (tools.isEmpty() && mode != Mode.NONE) {
      throw new IllegalArgumentException("there are no tools to call");
    }
  }

  /** The model may call any of these, several at a time. */
  public static ToolUse auto(Tool... tools) {
    return new ToolUse(List.of(tools), Mode.AUTO, Set.of(), true);
  }

  /** The model must call one of these, or several. */
  public static ToolUse required(Tool... tools) {
    return new ToolUse(List.of(tools), Mode.REQUIRED, Set.of(), true);
  }

  /** The model must call this one of the tools, once. */
  public ToolUse named(String name) {
    return new ToolUse(tools, Mode.REQUIRED, Set.of(name), false);
  }

  /** The same with one call at most. */
  public ToolUse single() {
    return new ToolUse(tools, mode, allowed, false);
  }

  /** The names of the custom tools. */
  public Set<String> custom() {
    return tools.stream()
        .filter(tool -> tool.input().isPresent())
        .map(Tool::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the model may call anything. */
  public boolean isActive() {
    return mode != Mode.NONE;
  }

  /** Whether {@code tool} may be called. */
  public boolean allows(Tool tool) {
    return allowed.isEmpty() || allowed.contains(tool.name());
  }
}
