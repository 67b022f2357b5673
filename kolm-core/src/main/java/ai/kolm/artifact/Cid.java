package ai.kolm.artifact;

import java.util.regex.Pattern;

/**
 * The content identifier of an artifact: a digest over every byte that can change an answer.
 *
 * @param text {@code cidv1:sha256:} and 64 lower-case hexadecimal digits
 */
public record Cid(String text) {
  private static final Pattern FORM = Pattern.compile("cidv1:sha256:[0-9a-f]{64}");

  /**
   * @throws IllegalArgumentException if {@code text} has another form
   */
  public Cid {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a CID is cidv1:sha256: and 64 hexadecimal digits, not \"" + text + "\"");
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
