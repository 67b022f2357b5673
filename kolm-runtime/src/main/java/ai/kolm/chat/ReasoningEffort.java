package ai.kolm.chat;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How hard a model thinks before it answers. Templates know a switch at most, or three grades; what
 * a template does not ask for has no effect.
 */
public enum ReasoningEffort {
  /** Not at all. */
  NONE("low"),
  /** As little as possible. */
  MINIMAL("low"),
  /** Little. */
  LOW("low"),
  /** As usual. */
  MEDIUM("medium"),
  /** Much. */
  HIGH("high"),
  /** More. */
  XHIGH("high"),
  /** As much as possible. */
  MAX("high");

  /** The names in requests. */
  public static final List<String> WORDS =
      Stream.of(values()).map(effort -> effort.name().toLowerCase(Locale.ROOT)).toList();

  private final String grade;

  ReasoningEffort(String grade) {
    this.grade = grade;
  }

  /**
   * The effort of a name.
   *
   * @throws IllegalArgumentException if it is not among {@link #WORDS}
   */
  public static ReasoningEffort of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /**
   * What templates call it: {@code enable_thinking}, {@code thinking}, {@code reasoning_effort}.
   */
  Map<String, Json> templateOptions() {
    Json thinks = new Json.Bool(this != NONE);
    return Map.of(
        "enable_thinking", thinks, "thinking", thinks, "reasoning_effort", new Json.Str(grade));
  }
}
