package ai.kolm.embedding;

import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.model.EmbeddingModel.Pooling;
import java.util.List;
import java.util.Objects;

/**
 * How a model's vectors are made: what its artifact says, else what most models of its kind do.
 *
 * @param pooling how the vectors of tokens become one
 * @param normalize whether vectors have length one
 * @param maxTokens the longest text, special tokens included
 * @param truncate the smaller sizes that vectors may be cut to
 * @param prefix put in front of every text
 */
record EmbeddingProfile(
    Pooling pooling, boolean normalize, int maxTokens, List<Integer> truncate, String prefix) {
  EmbeddingProfile {
    Objects.requireNonNull(pooling);
    truncate = List.copyOf(truncate);
  }

  /** The mean of all tokens, of length one, as sentence-transformers has it. */
  static EmbeddingProfile usual(int maxTokens) {
    return new EmbeddingProfile(Pooling.MEAN, true, maxTokens, List.of(), "");
  }

  /**
   * @param maxTokens of the model, which may be more than the artifact wants
   */
  static EmbeddingProfile of(EmbeddingOutput output, int maxTokens) {
    return new EmbeddingProfile(
        switch (output.pooling()) {
          case MEAN -> Pooling.MEAN;
          case CLS -> Pooling.CLS;
          case LAST -> Pooling.LAST;
        },
        output.normalize(),
        (int) Math.min(maxTokens, output.maxTokens().orElse(maxTokens)),
        output.truncate(),
        output.prefix().orElse(""));
  }
}
