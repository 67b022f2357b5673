package ai.kolm.cli.pack;

import ai.kolm.artifact.EmbeddingOutput;
import java.util.List;
import java.util.Optional;

/**
 * How an artifact is to make vectors.
 *
 * @param pooling how those of tokens become one; a decoder for which this is said makes vectors.
 *     Absent: of an encoder, their mean
 * @param truncate the smaller sizes that vectors may be cut to
 * @param chats whether a decoder that makes vectors chats, too
 */
public record VectorOptions(
    Optional<EmbeddingOutput.Pooling> pooling, List<Integer> truncate, boolean chats) {
  /** Copies the list. */
  public VectorOptions {
    truncate = List.copyOf(truncate);
  }
}
