package ai.kolm.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.model.Batch;
import ai.kolm.model.DecoderModel;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.weights.GgufFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * Times whole forward passes of a GGUF model, one round per line of standard input, so that a
 * script can alternate rounds with another engine while this process keeps its compiled code.
 *
 * <pre>{@code
 * java -cp benchmarks.jar ai.kolm.benchmarks.EndToEnd MODEL THREADS [KERNELS]
 *
 * in    pp512        prefill: 512 tokens in one batch from an empty context
 *       tg128        decode: 128 tokens, one batch each, from an empty context
 * out   one line of JSON when loaded, and one per round
 * }</pre>
 *
 * <p>Both ask for the logits of the last token of each batch, as llama-bench does. Tokens are
 * random with a fixed seed; the cache is in half precision. A round also says what processor time
 * the calling thread took: with one thread that tells how fast the code is on a busy machine. Ends
 * when standard input ends.
 */
public final class EndToEnd {
  private static final int CONTEXT = 1024;
  private static final int BATCH = 512;
  private static final long SEED = 42;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final LanguageModel model;
  private final int[] blocks;
  private final float[] row;

  private EndToEnd(LanguageModel model) {
    this.model = model;
    this.blocks = new int[model.blockCount()];
    Arrays.setAll(blocks, i -> i);
    this.row = new float[model.vocabularySize()];
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2 || arguments.length > 3) {
      throw new IllegalArgumentException("expected: MODEL THREADS [KERNELS]");
    }
    int threads = Integer.parseInt(arguments[1]);
    KernelSelection kernels =
        arguments.length == 3
            ? KernelSelection.forced(KernelSelection.Set.of(arguments[2]))
            : KernelSelection.best();
    ModelOptions options =
        new ModelOptions(CONTEXT, CONTEXT / KvCache.BLOCK, KvCache.Precision.HALF, BATCH, 1);
    long start = System.nanoTime();
    try (Arena arena = Arena.ofShared()) {
      GgufFile file = GgufFile.open(Path.of(arguments[0]), arena);
      try (DecoderModel model = new ModelLoader(kernels, threads, _ -> options).load(file)) {
        System.out.printf(
            Locale.ROOT,
            "{\"ready\":\"%s\",\"threads\":%d,\"load_s\":%.3f,\"rss_mib\":%d}%n",
            model.kernelName(),
            threads,
            seconds(start),
            residentMebibytes());
        new EndToEnd(model).serve();
      }
    }
  }

  private void serve() throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String test = line.strip();
      int tokens = Integer.parseInt(test.substring(2));
      long cpu = THREADS.getCurrentThreadCpuTime();
      double seconds =
          switch (test.substring(0, 2)) {
            case "pp" -> prefill(tokens);
            case "tg" -> decode(tokens);
            default -> throw new IllegalArgumentException("no test is called " + test);
          };
      System.out.printf(
          Locale.ROOT,
          "{\"test\":\"%s\",\"seconds\":%.6f,\"cpu_s\":%.6f,\"rss_mib\":%d}%n",
          test,
          seconds,
          (THREADS.getCurrentThreadCpuTime() - cpu) * 1e-9,
          residentMebibytes());
    }
  }

  private double prefill(int tokens) {
    int[] ids = randomTokens(tokens);
    long start = System.nanoTime();
    for (int at = 0; at < tokens; at += BATCH) {
      forward(Arrays.copyOfRange(ids, at, Math.min(tokens, at + BATCH)), at);
    }
    return seconds(start);
  }

  private double decode(int tokens) {
    int[] ids = randomTokens(tokens);
    long start = System.nanoTime();
    for (int at = 0; at < tokens; at++) {
      forward(new int[] {ids[at]}, at);
    }
    return seconds(start);
  }

  private void forward(int[] tokens, int position) {
    model.forward(new Batch(List.of(new Batch.Slice(tokens, position, blocks, 1)))).copyRow(0, row);
    if (!Float.isFinite(row[0])) {
      throw new IllegalStateException("a logit is not finite at position " + position);
    }
  }

  private int[] randomTokens(int count) {
    RandomGenerator random = new Random(SEED);
    return random.ints(count, 0, model.vocabularySize()).toArray();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /** Memory of this process that is resident, -1 where the system does not say. */
  private static long residentMebibytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return -1;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(-1);
  }
}
