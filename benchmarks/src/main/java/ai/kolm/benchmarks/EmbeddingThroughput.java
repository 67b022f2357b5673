package ai.kolm.benchmarks;

import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.EmbeddingInput;
import ai.kolm.embedding.Embeddings;
import ai.kolm.source.ModelFiles;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/**
 * Texts per second of an encoder: batches of 32 texts of 202 tokens, tokenization left out, as
 * {@code benchmarks/embeddings.py} measures ONNX Runtime.
 */
public final class EmbeddingThroughput {
  private static final int TEXTS = 32;
  private static final int TOKENS = 202;
  private static final int ROUNDS = 8;

  private EmbeddingThroughput() {}

  /**
   * @param args the model, threads, bits (32, 16 or 8), and perhaps the kernels
   */
  public static void main(String[] args) throws Exception {
    RunOptions options =
        RunOptions.DEFAULT
            .withThreads(Integer.parseInt(args[1]))
            .withEmbeddingBits(Integer.parseInt(args[2]));
    if (args.length > 3) {
      options = options.withKernels(args[3]);
    }
    Random random = new Random(1);
    List<EmbeddingInput> batch = new ArrayList<>();
    for (int i = 0; i < TEXTS; i++) {
      batch.add(new EmbeddingInput.Tokens(random.ints(TOKENS - 2, 1000, 30000).toArray()));
    }
    try (Embeddings embeddings = Embeddings.of(ModelFiles.open(Path.of(args[0])), options)) {
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        long busy = processorTime();
        embeddings.embed(batch, OptionalInt.empty());
        System.out.printf(
            "%s, %s: %.1f texts/s, %.1f per second of processor time%n",
            embeddings.kernelName(),
            embeddings.determinism(),
            TEXTS * 1e9 / (System.nanoTime() - start),
            TEXTS * 1e9 / (processorTime() - busy));
      }
    }
  }

  /** Of all threads of this process. */
  private static long processorTime() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : System.nanoTime();
  }
}
