package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.Panels;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loss and gradients of whole models, one per architecture, against {@link DoubleDecoder}.
 *
 * <p>Tolerances: a chain of n fused multiply-adds in single precision is off by at most n * 2^-24
 * of the sum of its terms' sizes, usually by sqrt(n) times 2^-24. The longest chains here have 503
 * terms, and a value goes through some 10 of them per layer, 7 layers at most: sqrt(70 * 503) *
 * 2^-24 = 1.1e-5. The derivative along half of the gradient's own numbers is a sum of squares,
 * without cancellation: 1e-4 is allowed. A single number may have cancelled: 1e-3 of the matrices'
 * root mean square is.
 */
class LoraGradientTest {
  private static final double ALONG_GRADIENT = 1e-4;
  private static final double ONE_NUMBER = 1e-3;
  private static final double LOSS = 1e-5;
  private static final double STEP = 1e-4;
  private static final int ALL = 99;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gemma2"})
  void gradientsAreThoseOfDifferences(String name) throws Exception {
    checkGradients(name);
  }

  @Tag("nightly")
  @ParameterizedTest
  @ValueSource(strings = {"llama-bias", "mistral", "qwen3", "gemma3", "granite"})
  void gradientsOfMoreModels(String name) throws Exception {
    checkGradients(name);
  }

  private void checkGradients(String name) throws Exception {
    Path file = TinyModels.writeGguf(name, folder);
    try (Setting setting = Setting.open(file, KernelSelection.best(), 2, ALL)) {
      TrainingRow row = row(setting.config(), 1, 21, 34);
      double loss = setting.decoder.addGradients(row, 0.5f);
      DoubleDecoder exact = new DoubleDecoder(setting.frozen, setting.lora);
      assertEquals(exactLoss(exact, row), loss, LOSS * loss);
      for (LoraModule module : LoraModule.values()) {
        new ModuleCheck(setting, exact, row, module).check();
      }
    }
  }

  /** All matrices of one module, one after the other. */
  private static final class ModuleCheck {
    private final DoubleDecoder exact;
    private final TrainingRow row;
    private final LoraModule module;
    private final List<double[]> values = new ArrayList<>();
    private final List<double[]> gradients = new ArrayList<>();

    ModuleCheck(Setting setting, DoubleDecoder exact, TrainingRow row, LoraModule module) {
      this.exact = exact;
      this.row = row;
      this.module = module;
      for (int layer = 0; layer < setting.config().layers(); layer++) {
        LowRank pair = Objects.requireNonNull(setting.lora.find(layer, module));
        values.addAll(List.of(exact.a(pair), exact.b(pair)));
        gradients.add(DoubleDecoder.doubles(pair.aGradient()));
        gradients.add(DoubleDecoder.doubles(pair.bGradient()));
      }
    }

    void check() {
      Random random = new Random(module.path().hashCode());
      double norm = 0;
      long count = 0;
      for (double[] gradient : gradients) {
        norm += Arrays.stream(gradient).map(g -> g * g).sum();
        count += gradient.length;
      }
      norm = Math.sqrt(norm);
      assertTrue(norm > 0, "gradient of " + module);
      List<double[]> half = new ArrayList<>();
      double expected = 0;
      for (double[] gradient : gradients) {
        double[] direction = new double[gradient.length];
        for (int i = 0; i < direction.length; i++) {
          direction[i] = random.nextBoolean() ? gradient[i] / norm : 0;
          expected += direction[i] * gradient[i];
        }
        half.add(direction);
      }
      assertEquals(expected, slope(half), ALONG_GRADIENT * expected, "half of " + module);
      for (int i = 0; i < 4; i++) {
        checkOne(random, norm / Math.sqrt(count));
      }
    }

    private void checkOne(Random random, double unit) {
      int matrix = random.nextInt(values.size());
      int index = random.nextInt(values.get(matrix).length);
      List<double[]> direction = values.stream().map(v -> new double[v.length]).toList();
      direction.get(matrix)[index] = 1;
      assertEquals(
          gradients.get(matrix)[index],
          slope(direction),
          ONE_NUMBER * unit,
          "%s: matrix %d, number %d".formatted(module, matrix, index));
    }

    /** Derivative of half the loss along a direction. */
    private double slope(List<double[]> direction) {
      move(direction, STEP);
      double after = exactLoss(exact, row);
      move(direction, -2 * STEP);
      double before = exactLoss(exact, row);
      move(direction, STEP);
      return 0.5 * (after - before) / (2 * STEP);
    }

    private void move(List<double[]> direction, double step) {
      for (int i = 0; i < values.size(); i++) {
        for (int j = 0; j < direction.get(i).length; j++) {
          values.get(i)[j] += step * direction.get(i)[j];
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void bitsDependNeitherOnKernelsNorThreadsNorMemory(KernelSelection.Set set) throws Exception {
    Path file = TinyModels.writeGguf("qwen3", folder);
    float[] expected;
    double loss;
    try (Setting setting =
        Setting.open(file, KernelSelection.forced(KernelSelection.Set.SCALAR), 1, ALL)) {
      loss = setting.decoder.addGradients(row(setting.config(), 2, 34, 5), 1);
      expected = setting.gradients();
    }
    for (int kept : new int[] {1, ALL}) {
      try (Setting setting = Setting.open(file, KernelSelection.forced(set), 3, kept)) {
        assertEquals(loss, setting.decoder.addGradients(row(setting.config(), 2, 34, 5), 1));
        assertArrayEquals(expected, setting.gradients(), kept + " layers kept");
        assertEquals(loss, setting.decoder.loss(row(setting.config(), 2, 34, 5)));
      }
    }
  }

  @Test
  void packedConversationsAreThoseOnTheirOwn() throws Exception {
    Path file = TinyModels.writeGguf("mistral", folder);
    try (Setting packed = Setting.open(file, KernelSelection.best(), 2, ALL);
        Setting single = Setting.open(file, KernelSelection.best(), 2, 1)) {
      TrainingRow row = row(packed.config(), 3, 33, 20);
      double together = packed.decoder.addGradients(row, 1);
      double apart = 0;
      for (int i = 0; i < 2; i++) {
        int[] starts = row.starts();
        TrainingRow own =
            TrainingRow.of(
                Arrays.copyOfRange(row.tokens(), starts[i], starts[i + 1]),
                Arrays.copyOfRange(row.learned(), starts[i], starts[i + 1]));
        apart += single.decoder.addGradients(own, 1);
      }
      // Each token's loss has the same bits; the sums differ in their order at most.
      assertEquals(apart, together, 1e-12 * together);
      float[] a = packed.gradients();
      float[] b = single.gradients();
      double difference = 0;
      double size = 0;
      for (int i = 0; i < a.length; i++) {
        difference += Math.pow(a[i] - (double) b[i], 2);
        size += Math.pow(a[i], 2);
      }
      assertTrue(Math.sqrt(difference / size) < 1e-6, () -> "differ");
    }
  }

  @Test
  void refusesWhatItCannotTrain() throws Exception {
    Path file = TinyModels.writeGguf("phi3", folder);
    try (ModelFiles files = ModelFiles.open(file)) {
      ModelLoader loader = ModelLoaders.of(KernelSelection.best(), 1);
      ModelFormatException e = assertThrows(ModelFormatException.class, () -> loader.freeze(files));
      assertTrue(
          String.valueOf(e.getMessage()).contains("architecture \"phi3\" cannot be trained"),
          e.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> TrainingRow.of(new int[] {1, 2}, new boolean[] {true, true}));
  }

  @Test
  void refusesRowsThatAreTooLongAndTokensThatAreNotThere() throws Exception {
    Path file = TinyModels.writeGguf("llama", folder);
    try (Setting setting = Setting.open(file, KernelSelection.best(), 1, 0)) {
      TrainingRow longer = row(setting.config(), 4, 60, 60);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> setting.decoder.loss(longer));
      assertEquals("120 tokens, at most 64", e.getMessage());
      TrainingRow foreign = TrainingRow.of(new int[] {1, 503}, new boolean[] {false, true});
      e = assertThrows(IllegalArgumentException.class, () -> setting.decoder.loss(foreign));
      assertEquals("token 503 of 503", e.getMessage());
    }
  }

  /** Random conversations; the second half of each is learned. */
  private static TrainingRow row(ModelConfig config, long seed, int first, int second) {
    Random random = new Random(seed);
    int vocabulary = config.vocabularySize();
    int[] tokens = random.ints(first + second, 0, vocabulary).toArray();
    boolean[] learned = new boolean[tokens.length];
    Arrays.fill(learned, first / 2, first, true);
    Arrays.fill(learned, first + second / 2, first + second, true);
    return new TrainingRow(tokens, learned, new int[] {0, first, first + second});
  }

  private static double exactLoss(DoubleDecoder exact, TrainingRow row) {
    double sum = 0;
    for (int i = 0; i + 1 < row.starts().length; i++) {
      int from = row.starts()[i];
      int to = row.starts()[i + 1];
      sum +=
          exact.loss(
              Arrays.copyOfRange(row.tokens(), from, to),
              Arrays.copyOfRange(row.learned(), from, to));
    }
    return sum;
  }

  /** A model with an adapter of random numbers. */
  private record Setting(
      ModelFiles files, FrozenDecoder frozen, LoraWeights lora, LoraDecoder decoder)
      implements AutoCloseable {

    static Setting open(Path file, KernelSelection kernels, int threads, int kept)
        throws Exception {
      ModelFiles files = ModelFiles.open(file);
      FrozenDecoder frozen = ModelLoaders.of(kernels, threads).freeze(files);
      LoraShape shape = new LoraShape(5, 8, LoraShape.DEFAULT.modules());
      LoraWeights lora = new LoraWeights(shape, frozen.config(), frozen.arena());
      Random random = new Random(7);
      lora.forEach(
          (_, _, pair) -> {
            fill(pair.a(), random);
            fill(pair.b(), random);
            pair.refresh();
          });
      return new Setting(files, frozen, lora, new LoraDecoder(frozen, lora, 64, kept));
    }

    private static void fill(Panels x, Random random) {
      for (int row = 0; row < x.rows(); row++) {
        for (int c = 0; c < x.width(); c++) {
          x.set(row, c, (float) random.nextGaussian() * 0.1f);
        }
      }
    }

    ModelConfig config() {
      return frozen.config();
    }

    float[] gradients() {
      List<Float> all = new ArrayList<>();
      lora.forEach(
          (_, _, pair) -> {
            for (Panels x : List.of(pair.aGradient(), pair.bGradient())) {
              for (double value : DoubleDecoder.doubles(x)) {
                all.add((float) value);
              }
            }
          });
      float[] values = new float[all.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = all.get(i);
      }
      return values;
    }

    @Override
    public void close() {
      frozen.close();
      files.close();
    }
  }
}
