package ai.kolm.model;

import java.util.List;

/**
 * A model that makes vectors of token sequences. For one thread at a time; it spreads the work over
 * threads of its own.
 */
public interface EmbeddingModel extends AutoCloseable {

  /** The name of the kernels it runs on. */
  String kernelName();

  /** Whether a vector has the same bits whatever else is computed with it (D1). */
  boolean isDeterministic();

  /** Token ids are below this. */
  int vocabularySize();

  /** Numbers of a vector. */
  int dimensions();

  /** The longest sequence, in tokens. */
  int maxTokens();

  /** The most tokens that several sequences of one call may have together. */
  int batchTokens();

  /** The most sequences of one call. */
  int batchSequences();

  /**
   * The last hidden states of each sequence, pooled.
   *
   * @param sequences token ids, each (nTokens), at least one
   * @param pooling how the vectors of tokens become one
   * @param betweenSteps called where the work can be left; what it throws ends it
   * @return a vector for each sequence, (dimensions)
   */
  float[][] embed(List<int[]> sequences, Pooling pooling, Runnable betweenSteps);

  /** As above, not to be left. */
  default float[][] embed(List<int[]> sequences, Pooling pooling) {
    return embed(sequences, pooling, () -> {});
  }

  @Override
  void close();

  /** How the vectors of tokens become one. */
  enum Pooling {
    /** Their mean. */
    MEAN,
    /** That of the first token. */
    CLS,
    /** That of the last token. */
    LAST
  }
}
