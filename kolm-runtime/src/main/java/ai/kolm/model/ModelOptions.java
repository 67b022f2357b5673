package ai.kolm.model;

import ai.kolm.kernels.KvCache;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.OptionalInt;

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
  private static final Logger LOG = System.getLogger("ai.kolm");

  /** A context that is worth anything: 256 tokens. */
  private static final int LEAST_BLOCKS = 8;

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

  /**
   * For serving: as much context as asked for, and as many blocks as the memory for keys and values
   * holds, up to one context for each of {@code batchRows} sequences. A context shorter than the
   * model's that nobody asked for is said in the log.
   *
   * @param context positions of a sequence; absent: those of the model, or fewer if one sequence
   *     would not fit into the memory
   * @param budget memory for keys and values of all sequences; used as it fills
   * @throws IllegalArgumentException if a context that was asked for is longer than the model's, or
   *     does not fit into the memory, or if next to nothing does
   */
  public static ModelOptions serving(
      ModelConfig config,
      OptionalInt context,
      KvCache.Precision precision,
      MemoryBudget budget,
      int batchTokens,
      int batchRows) {
    int wanted = context.orElse(config.contextLength());
    if (wanted > config.contextLength()) {
      throw new IllegalArgumentException(
          "a context of %,d tokens, but the model was made for %,d"
              .formatted(wanted, config.contextLength()));
    }
    long needed = Math.ceilDiv(wanted, KvCache.BLOCK);
    long least = context.isPresent() ? needed : Math.min(needed, LEAST_BLOCKS);
    return fitting(
        config, wanted, least, needed * batchRows, precision, budget, batchTokens, batchRows);
  }

  /**
   * For vectors of texts, which are computed one after the other or, short ones, together: blocks
   * for one text or for a batch, whichever is more. A text that is shorter than the model's context
   * because of the memory is said in the log.
   *
   * @param longest tokens of a text
   * @param budget memory for keys and values; used as texts need it
   * @throws IllegalArgumentException if next to nothing fits into the memory
   */
  public static ModelOptions embedding(
      ModelConfig config,
      int longest,
      KvCache.Precision precision,
      MemoryBudget budget,
      int batchTokens) {
    int wanted = Math.min(longest, config.contextLength());
    long needed = Math.ceilDiv(wanted, KvCache.BLOCK);
    int batch = Math.ceilDiv(batchTokens, KvCache.BLOCK) + EmbeddingDecoder.BATCH_SEQUENCES;
    return fitting(
        config,
        wanted,
        Math.min(needed, LEAST_BLOCKS),
        Math.max(needed, batch),
        precision,
        budget,
        batchTokens,
        1);
  }

  /**
   * @param wanted positions of a sequence
   * @param least blocks without which there is no use in it
   * @param most blocks that can be of use
   */
  private static ModelOptions fitting(
      ModelConfig config,
      int wanted,
      long least,
      long most,
      KvCache.Precision precision,
      MemoryBudget budget,
      int batchTokens,
      int batchRows) {
    long blockBytes = DecoderModel.cacheLayout(config, precision).blockBytes();
    long activations = DecoderModel.activationBytes(config, batchTokens, batchRows);
    long affordable = budget.cacheBytes(activations) / blockBytes;
    long needed = Math.ceilDiv(wanted, KvCache.BLOCK);
    if (affordable < least) {
      throw new IllegalArgumentException(
          "a context of %,d tokens needs %,d MiB for keys and values: %s"
              .formatted(wanted, (needed * blockBytes) >> 20, budget.reason(activations)));
    }
    int length = (int) Math.min(wanted, affordable * KvCache.BLOCK);
    if (length < wanted) {
      LOG.log(
          Level.WARNING,
          "context: %,d of the model's %,d tokens: %s"
              .formatted(length, wanted, budget.reason(activations)));
    }
    int blocks = (int) Math.min(affordable, most);
    return new ModelOptions(length, blocks, precision, batchTokens, batchRows);
  }
}
