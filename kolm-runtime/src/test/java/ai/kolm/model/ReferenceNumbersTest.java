package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.reference.ReferenceData;
import ai.kolm.weights.GgufFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real weights against the float32 reference: golden/text-models/README.md says how it was made and
 * derives the tolerances.
 *
 * <p>Vector kernels keep activations in single precision. Emitted kernels round them to 16 bits per
 * block of 32; rounding to 8 bits changes log-probabilities of the top 20 by up to 1.5 there, so 16
 * bits, 256 times finer, by up to 6e-3. Prompts rounded to 8 bits are compared by perplexity.
 */
class ReferenceNumbersTest {
  private static final int CONTEXT = 2304;
  private static final int BATCH = 256;
  private static final int ROWS = 64;
  private static final double EXACT_TOLERANCE = 2e-3;
  private static final double ROUNDED_TOLERANCE = 6e-3;

  static Stream<Arguments> models() {
    return KernelSets.runnable().stream()
        .filter(set -> set != KernelSelection.Set.SCALAR)
        .flatMap(set -> Stream.of("smollm2", "gemma3").map(name -> Arguments.of(name, set)));
  }

  private static double tolerance(KernelSelection.Set set) {
    return set == KernelSelection.Set.EMITTED ? ROUNDED_TOLERANCE : EXACT_TOLERANCE;
  }

  @ParameterizedTest
  @MethodSource("models")
  void forcedPathsHaveTheReferenceProbabilities(String name, KernelSelection.Set set)
      throws Exception {
    double worst = 0;
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(name, KernelSelection.forced(set), arena)) {
      Scorer scorer = new Scorer(model);
      for (JsonObject golden : GoldenFile.read("text-models/" + name + ".json").objects("cases")) {
        int[] prompt = GoldenFile.ints(golden.array("input_ids"));
        int[] greedy = GoldenFile.ints(golden.array("greedy_ids"));
        double[] margins = GoldenFile.numbers(golden.array("margins"));
        float[][] logits = scorer.lastRows(concat(prompt, greedy), greedy.length + 1);
        for (int step = 0; step < greedy.length; step++) {
          if (margins[step] > tolerance(set)) {
            assertEquals(
                greedy[step], argmax(logits[step]), golden.string("name") + " step " + step);
          }
        }
        worst = Math.max(worst, checkTop(golden, logits, tolerance(set)));
      }
    }
    System.out.printf("%s, %s: log-probabilities within %.1e of the reference%n", name, set, worst);
  }

  private static double checkTop(JsonObject golden, float[][] logits, double tolerance)
      throws JsonException {
    double worst = 0;
    List<Json> steps = golden.array("top20");
    for (int step = 0; step < steps.size(); step++) {
      double normalizer = Scorer.logSumExp(logits[step]);
      for (Json pair : ((Json.Arr) steps.get(step)).items()) {
        List<Json> entry = ((Json.Arr) pair).items();
        int id = (int) ((Json.Int) entry.get(0)).value();
        double expected = GoldenFile.number(entry.get(1));
        double actual = logits[step][id] - normalizer;
        worst = Math.max(worst, Math.abs(expected - actual));
        assertEquals(
            expected, actual, tolerance, golden.string("name") + " step " + step + " token " + id);
      }
    }
    return worst;
  }

  /** With the kernels that a user of this machine gets. */
  static Stream<Arguments> fastest() {
    return models().filter(one -> one.get()[1] == KernelSets.runnable().getLast());
  }

  @ParameterizedTest
  @MethodSource("fastest")
  void perplexityIsTheReferences(String name, KernelSelection.Set set) throws Exception {
    checkPerplexity(name, set);
  }

  @Tag("nightly") // a minute
  @ParameterizedTest
  @MethodSource("models")
  void perplexityOfAllKernelsIsTheReferences(String name, KernelSelection.Set set)
      throws Exception {
    checkPerplexity(name, set);
  }

  /** Prompts that may be rounded to bytes are no farther from the reference than llama.cpp's. */
  @ParameterizedTest
  @MethodSource("fastest")
  void fastPromptsAreAsCloseAsLlamaCpp(String name, KernelSelection.Set set) throws Exception {
    JsonObject golden = GoldenFile.read("text-models/" + name + ".perplexity.json");
    double exact = golden.object("single").findNumber("f32").orElseThrow();
    double theirs = golden.object("single").findNumber("llama_cpp").orElseThrow();
    double actual = perplexity(golden, name, KernelSelection.forced(set).withFastPrompts());
    System.out.printf(
        "%s, %s, fast prompts: perplexity %.5f, reference %.5f, llama.cpp %.5f%n",
        name, set, actual, exact, theirs);
    assertEquals(exact, actual, Math.abs(theirs - exact));
  }

  private static void checkPerplexity(String name, KernelSelection.Set set) throws Exception {
    JsonObject golden = GoldenFile.read("text-models/" + name + ".perplexity.json");
    double actual = perplexity(golden, name, KernelSelection.forced(set));
    double expected = golden.object("single").findNumber("f32").orElseThrow();
    System.out.printf("%s, %s: perplexity %.5f, reference %.5f%n", name, set, actual, expected);
    assertEquals(expected, actual, 1e-4 * expected);
  }

  private static double perplexity(JsonObject golden, String name, KernelSelection selection)
      throws Exception {
    int[] ids = GoldenFile.ints(golden.array("ids"));
    int[] single = Arrays.copyOf(ids, Math.toIntExact(golden.object("single").integer("n_ids")));
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(name, selection, arena)) {
      return Math.exp(new Scorer(model).negativeLogLikelihood(single) / (single.length - 1));
    }
  }

  private static DecoderModel load(String name, KernelSelection selection, Arena arena)
      throws Exception {
    Path file = name.equals("smollm2") ? ReferenceData.smollm2() : ReferenceData.gemma3();
    return new ModelLoader(selection, 2, _ -> ModelOptions.exact(CONTEXT, BATCH, ROWS))
        .load(GgufFile.open(file, arena));
  }

  private static int[] concat(int[] a, int[] b) {
    return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    assertTrue(Float.isFinite(values[best]));
    return best;
  }
}
