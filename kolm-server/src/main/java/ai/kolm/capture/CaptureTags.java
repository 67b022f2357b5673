package ai.kolm.capture;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a record is about.
 *
 * @param namespace which records belong together
 * @param task what the model is asked to do
 */
public record CaptureTags(String namespace, String task) {
  private static final String FORM = "[a-z0-9][a-z0-9._-]{0,63}";

  /**
   * @throws IllegalArgumentException if one is not small letters, digits, dots, dashes and
   *     underscores, at most 64
   */
  public CaptureTags {
    check("namespace", namespace);
    check("task", task);
  }

  private static void check(String what, String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(
          "a %s has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit, got \"%s\""
              .formatted(what, text));
    }
  }

  /** Whether a text can name a namespace. */
  public static boolean isName(String text) {
    return text.matches(FORM);
  }

  /**
   * These tags, unless a request has others in {@code x-kolm-task} and {@code x-kolm-namespace}.
   *
   * @param header the value of a header; {@code null} if there is none
   */
  public CaptureTags of(UnaryOperator<@Nullable String> header) {
    String newTask = header.apply("x-kolm-task");
    String newNamespace = header.apply("x-kolm-namespace");
    return new CaptureTags(
        newNamespace == null ? namespace : newNamespace, newTask == null ? task : newTask);
  }
}
