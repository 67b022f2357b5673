package ai.kolm.embedding;

import java.util.List;

/**
 * Vectors, in the order of the inputs.
 *
 * @param vectors each (dimensions)
 * @param tokens of all inputs, special ones included
 */
public record EmbeddingResponse(List<float[]> vectors, int tokens) {
  /** Copies the list. */
  public EmbeddingResponse {
    vectors = List.copyOf(vectors);
  }
}
