package ai.kolm.model;

import java.util.function.IntConsumer;

/**
 * A decoder-only model that computes one {@link Batch} after the other. It knows no queues and no
 * text; the key-value cache is its own, addressed by the block ids in the batch.
 *
 * <p>For one thread at a time; it spreads the work over threads of its own.
 */
public interface LanguageModel extends AutoCloseable {

  /** The name of the kernels it runs on. */
  default String kernelName() {
    return "none";
  }

  /** Whether logits have the same bits however a prompt is cut and whatever is in a batch (D1). */
  default boolean isDeterministic() {
    return true;
  }

  /** Bytes that it may take, all in all; 0 if it does not know. */
  default long memoryBytes() {
    return 0;
  }

  /** Whether slices may name the adapter with this digest; empty stands for none. */
  default boolean hasAdapter(String digest) {
    return digest.isEmpty();
  }

  /** Token ids are below this. */
  int vocabularySize();

  /** Positions are below this. */
  int contextLength();

  /** Tokens per block of the key-value cache. */
  int blockSize();

  /** Blocks of the key-value cache; ids are below this. */
  int blockCount();

  /** The most tokens a batch may have. */
  int maxBatchTokens();

  /** The most rows of logits a batch may ask for. */
  int maxBatchRows();

  /**
   * Computes the batch: writes keys and values of its tokens into their blocks and returns the
   * logits asked for. They are valid until the next call.
   */
  Logits forward(Batch batch);

  /** The threads that it computes on. */
  default int threads() {
    return 1;
  }

  /**
   * Runs tasks 0 to {@code count - 1} between two batches, on its threads, and returns when all are
   * done. What one throws is thrown here.
   */
  default void inParallel(int count, IntConsumer task) {
    for (int i = 0; i < count; i++) {
      task.accept(i);
    }
  }

  /**
   * Copies the keys and values of all positions of one block to another: a sequence that goes on
   * like another for part of a block continues the copy.
   */
  void copyBlock(int from, int to);

  @Override
  void close();
}
