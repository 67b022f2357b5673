package ai.kolm.artifact;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How texts become vectors: the object {@code embedding} of the manifest.
 *
 * @param dimensions of a vector, 1 to 65,536
 * @param truncate the smaller sizes that may be asked for (Matryoshka); empty: none
 * @param pooling how token vectors become one
 * @param normalize whether vectors have length one
 * @param maxTokens the longest text
 * @param prefix put in front of every text
 */
public record EmbeddingOutput(
    int dimensions,
    List<Integer> truncate,
    Pooling pooling,
    boolean normalize,
    OptionalLong maxTokens,
    Optional<String> prefix) {
  private static final int MAX_DIMENSIONS = 1 << 16;
  private static final int MAX_SIZES = 32;
  private static final int MAX_PREFIX = 1_024;

  /** How token vectors become one. */
  public enum Pooling {
    /** Their mean. */
    MEAN,
    /** That of the first token. */
    CLS,
    /** That of the last token. */
    LAST
  }

  /**
   * @throws IllegalArgumentException if a field is not as the manifest allows it
   */
  public EmbeddingOutput {
    truncate = List.copyOf(truncate);
    ManifestChecks.range("dimensions", dimensions, 1, MAX_DIMENSIONS);
    ManifestChecks.unique("truncate", truncate, 0, MAX_SIZES);
    truncate.forEach(size -> ManifestChecks.range("truncate", size, 1, MAX_DIMENSIONS));
    maxTokens.ifPresent(n -> ManifestChecks.range("max_tokens", n, 1, ManifestChecks.MAX_CONTEXT));
    prefix.ifPresent(text -> ManifestChecks.length("prefix", text, 0, MAX_PREFIX));
  }
}
