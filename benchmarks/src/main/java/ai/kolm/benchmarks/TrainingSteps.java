package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.model.FrozenDecoder;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.TrainingMemory;
import ai.kolm.source.ModelFiles;
import ai.kolm.training.LoraTrainer;
import ai.kolm.training.TrainingData;
import ai.kolm.training.TrainingExample;
import ai.kolm.training.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The speed of training steps, and the memory they take; {@code benchmarks/training.py} compares it
 * with PyTorch.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar ai.kolm.benchmarks.TrainingSteps \
 *     MODEL TOKENS STEPS keep|recompute THREADS
 * }</pre>
 *
 * <p>Every step is one row of random tokens, of which the last three tenths are learned. Prints
 * {@code step TOKENS_PER_SECOND LOSS} for each, then {@code memory MEBIBYTES}: the peak of the
 * process.
 */
public final class TrainingSteps {
  private static final int VOCABULARY = 40_000;
  private static final double LEARNED = 0.3;

  private TrainingSteps() {}

  /** See above. */
  public static void main(String[] arguments) throws Exception {
    int tokens = Integer.parseInt(arguments[1]);
    int steps = Integer.parseInt(arguments[2]);
    boolean keep = arguments[3].equals("keep");
    TrainingPlan plan =
        TrainingPlan.DEFAULT.withTokens(tokens, tokens).withEpochs(1).withMemory(Long.MAX_VALUE);
    TrainingData data = data(tokens, steps);
    ModelLoader loader = loader(Integer.parseInt(arguments[4]));
    try (ModelFiles files = ModelFiles.open(Path.of(arguments[0]))) {
      if (!keep) {
        // No trainer is opened to ask for it: its memory would be the peak of this process.
        try (FrozenDecoder frozen = loader.freeze(files)) {
          plan = plan.withMemory(TrainingMemory.of(frozen, plan.lora(), tokens).least());
        }
      }
      train(files, loader, plan, data);
    }
    System.out.println("memory " + peak());
  }

  private static ModelLoader loader(int threads) {
    return new ModelLoader(
        KernelSelection.best(),
        threads,
        _ -> {
          throw new IllegalStateException("nothing is served");
        });
  }

  private static void train(
      ModelFiles files, ModelLoader loader, TrainingPlan plan, TrainingData data) throws Exception {
    Path folder = Files.createTempDirectory("kolm-training");
    try (LoraTrainer trainer = LoraTrainer.open(loader, files, "", plan, data)) {
      System.out.printf(
          "estimate %d%nkernels %s%n", trainer.estimate().bytes() >> 20, trainer.kernelName());
      trainer.run(
          folder, p -> System.out.printf("step %.2f %.4f%n", p.tokensPerSecond(), p.loss()));
    } finally {
      delete(folder);
    }
  }

  private static TrainingData data(int tokens, int steps) {
    List<TrainingExample> examples = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < steps; i++) {
      boolean[] learned = new boolean[tokens];
      Arrays.fill(learned, (int) Math.round(tokens * (1 - LEARNED)), tokens, true);
      int[] ids = random.ints(tokens, 0, VOCABULARY).toArray();
      examples.add(new TrainingExample(ids, learned));
    }
    return new TrainingData(examples, List.of());
  }

  private static String peak() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith("VmHWM:")).findFirst().orElseThrow();
      return Long.toString(Long.parseLong(line.replaceAll("\\D", "")) >> 10);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
