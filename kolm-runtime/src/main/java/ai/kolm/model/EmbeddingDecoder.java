package ai.kolm.model;

import ai.kolm.kernels.KvCache;
import ai.kolm.kernels.Panels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A decoder that makes vectors: the last hidden states, behind the output norm, pooled. A token
 * sees those before it, so only the last one has seen all.
 *
 * <p>A sequence is one prefill, and nothing follows it: its keys and values lie in the first blocks
 * of the cache, and the next sequences overwrite them. Short sequences are computed together in one
 * step; one that is longer than a step is computed alone, in several.
 *
 * <p>For one thread at a time.
 */
public final class EmbeddingDecoder implements EmbeddingModel {
  /** Each takes a block of the cache at least, however short it is. */
  static final int BATCH_SEQUENCES = 32;

  private final DecoderModel model;
  private final String adapter;

  /**
   * @param model is closed together with this
   * @param adapter digest of the adapter that is applied; empty for none
   */
  EmbeddingDecoder(DecoderModel model, String adapter) {
    this.model = model;
    this.adapter = adapter;
  }

  @Override
  public String kernelName() {
    return model.kernelName();
  }

  @Override
  public boolean isDeterministic() {
    return model.isDeterministic();
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int dimensions() {
    return model.config().hiddenSize();
  }

  @Override
  public int maxTokens() {
    return model.contextLength();
  }

  @Override
  public int batchTokens() {
    return model.maxBatchTokens();
  }

  /** So many that there are blocks for them, whatever their lengths: each wastes less than one. */
  @Override
  public int batchSequences() {
    int full = Math.ceilDiv(model.maxBatchTokens(), KvCache.BLOCK);
    return Math.clamp(model.blockCount() - full, 1, BATCH_SEQUENCES);
  }

  @Override
  public float[][] embed(List<int[]> sequences, Pooling pooling, Runnable betweenSteps) {
    check(sequences);
    List<PooledTokens> pooled = new ArrayList<>();
    sequences.forEach(_ -> pooled.add(new PooledTokens(pooling, dimensions())));
    int longest = sequences.stream().mapToInt(sequence -> sequence.length).max().orElseThrow();
    for (int from = 0; from < longest; from += model.maxBatchTokens()) {
      if (from > 0) {
        betweenSteps.run();
      }
      prefill(sequences, from, pooled);
    }
    return pooled.stream().map(PooledTokens::vector).toArray(float[][]::new);
  }

  private void check(List<int[]> sequences) {
    int tokens = 0;
    for (int[] sequence : sequences) {
      if (sequence.length < 1 || sequence.length > maxTokens()) {
        throw new IllegalArgumentException(
            "a sequence of %d tokens, 1 to %d fit".formatted(sequence.length, maxTokens()));
      }
      tokens += sequence.length;
    }
    boolean fit = sequences.size() <= batchSequences() && tokens <= batchTokens();
    if (sequences.isEmpty() || (sequences.size() > 1 && !fit)) {
      throw new IllegalArgumentException(
          "%d sequences of %d tokens together, at most %d of %d fit"
              .formatted(sequences.size(), tokens, batchSequences(), batchTokens()));
    }
  }

  /** One step: as much as fits of each sequence, from token {@code from} on. */
  private void prefill(List<int[]> sequences, int from, List<PooledTokens> pooled) {
    List<Batch.Slice> slices = new ArrayList<>();
    int block = 0;
    for (int[] sequence : sequences) {
      int end = Math.min(sequence.length, from + model.maxBatchTokens());
      int[] blocks = new int[Math.ceilDiv(end, KvCache.BLOCK)];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = block++;
      }
      int[] tokens = Arrays.copyOfRange(sequence, from, end);
      slices.add(new Batch.Slice(tokens, from, blocks, 0, adapter));
    }
    Panels hidden = model.hidden(new Batch(slices));
    int row = 0;
    for (int i = 0; i < slices.size(); i++) {
      int count = slices.get(i).tokens().length;
      pooled.get(i).add(hidden, row, count);
      row += count;
    }
  }

  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "EmbeddingDecoder[%s, %d wide, %s]"
        .formatted(model.config().architecture(), dimensions(), kernelName());
  }
}
