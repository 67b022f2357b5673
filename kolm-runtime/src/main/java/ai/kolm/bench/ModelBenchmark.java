package ai.kolm.bench;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.model.Batch;
import ai.kolm.model.DecoderModel;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.ModelConfig;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Times whole forward passes of a model, as llama-bench does: no sampling, no text.
 *
 * <pre>{@code
 * try (ModelBenchmark benchmark = ModelBenchmark.open(files, setup)) {
 *   benchmark.warmUp(test);
 *   double seconds = benchmark.run(test);
 * }
 * }</pre>
 *
 * <p>Tokens are random, of a fixed seed. Every batch asks for the logits of its last token. Keys
 * and values are kept in half precision. For one thread at a time.
 */
public final class ModelBenchmark implements AutoCloseable {
  /** The most tokens of a batch. */
  private static final int BATCH = 512;

  private static final long SEED = 42;

  /** Logits per batch that are looked at: enough to see a model that computes nonsense. */
  private static final int SAMPLE = 16;

  private final LanguageModel model;
  private final Description description;
  private final int[] blocks;
  private final float[] sample;

  /**
   * How to run a model.
   *
   * @param threads that compute
   * @param kernels their name; absent: the fastest that this process can run
   * @param deterministic whether numbers must not depend on the batch (D1)
   * @param contextLength the most tokens of a test
   */
  public record Setup(
      int threads, Optional<String> kernels, boolean deterministic, int contextLength) {
    /**
     * @throws IllegalArgumentException if a number is below 1
     */
    public Setup {
      if (threads < 1 || contextLength < 1) {
        throw new IllegalArgumentException(
            "%d threads, a context of %d: each must be at least 1"
                .formatted(threads, contextLength));
      }
    }
  }

  /**
   * What is measured.
   *
   * @param model its name
   * @param kernels what it runs on: {@code vector-256}
   * @param reason why on these
   * @param threads that compute
   * @param weightBytes weights, as the file has them, that are read for every token
   * @param loadSeconds from the opened file to the model ready to run
   */
  public record Description(
      String model,
      String kernels,
      String reason,
      int threads,
      long weightBytes,
      double loadSeconds) {}

  /** Times {@code model}, which is closed with this. */
  ModelBenchmark(LanguageModel model, Description description) {
    this.model = model;
    this.description = description;
    blocks = new int[model.blockCount()];
    Arrays.setAll(blocks, i -> i);
    sample = new float[Math.min(SAMPLE, model.vocabularySize())];
  }

  /**
   * Loads the model of {@code files}, which must stay open as long as this.
   *
   * @throws ModelFormatException if the weights do not make up a model kolm knows
   * @throws IllegalArgumentException if the context is longer than the model's, or there are no
   *     kernels of that name
   * @throws IllegalStateException if this process cannot run these kernels
   */
  public static ModelBenchmark open(ModelFiles files, Setup setup) throws ModelFormatException {
    ModelLoader loader =
        ModelLoader.of(setup.kernels(), setup.threads(), config -> options(config, setup));
    if (!setup.deterministic()) {
      loader = loader.withFastPrompts();
    }
    long start = System.nanoTime();
    DecoderModel model = loader.load(files);
    KernelSelection selection = loader.selection();
    return new ModelBenchmark(
        model,
        new Description(
            files.id(),
            model.kernelName(),
            selection.reason(),
            setup.threads(),
            model.weightBytesPerToken(),
            seconds(start)));
  }

  private static ModelOptions options(ModelConfig config, Setup setup) {
    int context = setup.contextLength();
    if (context > config.contextLength()) {
      throw new IllegalArgumentException(
          "tests of up to %,d tokens, but the model was made for %,d"
              .formatted(context, config.contextLength()));
    }
    int cacheBlocks = Math.ceilDiv(context, KvCache.BLOCK);
    int batchTokens = Math.min(context, BATCH);
    return new ModelOptions(context, cacheBlocks, KvCache.Precision.HALF, batchTokens, 1);
  }

  /** What is measured. */
  public Description description() {
    return description;
  }

  /** Repeats {@code test} until it gets no faster; returns how often. */
  public int warmUp(BenchTest test) {
    WarmUp warmUp = new WarmUp();
    int rounds = 1;
    while (!warmUp.done(run(test))) {
      rounds++;
    }
    return rounds;
  }

  /**
   * Runs {@code test} once; returns seconds.
   *
   * @throws IllegalArgumentException if it has more tokens than the context
   */
  public double run(BenchTest test) {
    if (test.tokens() > model.contextLength()) {
      throw new IllegalArgumentException(
          "%s: the context has %d tokens".formatted(test.name(), model.contextLength()));
    }
    int[] ids = new Random(SEED).ints(test.tokens(), 0, model.vocabularySize()).toArray();
    int step =
        switch (test.kind()) {
          case PREFILL -> model.maxBatchTokens();
          case DECODE -> 1;
        };
    long start = System.nanoTime();
    for (int at = 0; at < ids.length; at += step) {
      forward(Arrays.copyOfRange(ids, at, Math.min(ids.length, at + step)), at);
    }
    return seconds(start);
  }

  private void forward(int[] tokens, int position) {
    Batch.Slice slice = new Batch.Slice(tokens, position, blocks, 1);
    model.forward(new Batch(List.of(slice))).copyRow(0, sample);
    for (float logit : sample) {
      if (!Float.isFinite(logit)) {
        throw new IllegalStateException(
            "a logit after position %d is %s".formatted(position + tokens.length - 1, logit));
      }
    }
  }

  private static double seconds(long start) {
    return Math.max(1, System.nanoTime() - start) * 1e-9;
  }

  @Override
  public void close() {
    model.close();
  }
}
