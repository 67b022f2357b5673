package ai.kolm.model;

import ai.kolm.kernels.KvCache;

/**
 * How a model is set up, apart from its files.
 *
 * @param contextLength positions of a sequence, at most the model's own
 * @param cacheBlocks blocks of the key-value cache, for all sequences together
 * @param cachePrecision how keys and values are kept
 * @param batchTokens the most tokens of a batch
 * @param batchRows the most rows of logits of a batch
 */
public record ModelOptions(
    int contextLength,
    int cacheBlocks,
    KvCache.Precision cachePrecision,
    int batchTokens,
    int batchRows) {

  /**
   * @throws IllegalArgumentException if a number is below 1
   */
  public ModelOptions {
    if (contextLength < 1 || cacheBlocks < 1 || batchTokens < 1 || batchRows < 1) {
      throw new IllegalArgumentException(
          "context %d, cache blocks %d, batch tokens %d, batch rows %d: each must be at least 1"
              .formatted(contextLength, cacheBlocks, batchTokens, batchRows));
    }
  }

  /** One sequence of {@code contextLength} positions in single precision: for tests and tools. */
  public static ModelOptions exact(int contextLength, int batchTokens, int batchRows) {
    int blocks = (contextLength + KvCache.BLOCK - 1) / KvCache.BLOCK;
    return new ModelOptions(
        contextLength, blocks, KvCache.Precision.SINGLE, batchTokens, batchRows);
  }
}
