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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real weights against the float32 reference: golden/text-models/README.md says how it was made and
 * derives the tolerances.
 */
class ReferenceNumbersTest {
  private static final int CONTEXT = 2304;
  private static final int BATCH = 256;
  private static final int ROWS = 64;
  private static final double LOGPROB_TOLERANCE = 2e-3;

  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "gemma3"})
  void forcedPathsHaveTheReferenceProbabilities(String name) throws Exception {
    double worst = 0;
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(name, arena)) {
      Scorer scorer = new Scorer(model);
      for (JsonObject golden : GoldenFile.read("text-models/" + name + ".json").objects("cases")) {
        int[] prompt = GoldenFile.ints(golden.array("input_ids"));
        int[] greedy = GoldenFile.ints(golden.array("greedy_ids"));
        double[] margins = GoldenFile.numbers(golden.array("margins"));
        float[][] logits = scorer.lastRows(concat(prompt, greedy), greedy.length + 1);
        for (int step = 0; step < greedy.length; step++) {
          if (margins[step] > LOGPROB_TOLERANCE) {
            assertEquals(
                greedy[step], argmax(logits[step]), golden.string("name") + " step " + step);
          }
        }
        worst = Math.max(worst, checkTop(golden, logits));
      }
    }
    System.out.printf("%s: log-probabilities within %.1e of the reference%n", name, worst);
  }

  private static double checkTop(JsonObject golden, float[][] logits) throws JsonException {
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
            expected,
            actual,
            LOGPROB_TOLERANCE,
            golden.string("name") + " step " + step + " token " + id);
      }
    }
    return worst;
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "gemma3"})
  void perplexityIsTheReferences(String name) throws Exception {
    JsonObject golden = GoldenFile.read("text-models/" + name + ".perplexity.json");
    int[] ids = GoldenFile.ints(golden.array("ids"));
    int[] single = Arrays.copyOf(ids, Math.toIntExact(golden.object("single").integer("n_ids")));
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(name, arena)) {
      double actual =
          Math.exp(new Scorer(model).negativeLogLikelihood(single) / (single.length - 1));
      double expected = golden.object("single").findNumber("f32").orElseThrow();
      System.out.printf("%s: perplexity %.5f, reference %.5f%n", name, actual, expected);
      assertEquals(expected, actual, 1e-4 * expected);
    }
  }

  static DecoderModel load(String name, Arena arena) throws Exception {
    Path file = name.equals("smollm2") ? ReferenceData.smollm2() : ReferenceData.gemma3();
    return new ModelLoader(KernelSelection.best(), 2, _ -> ModelOptions.exact(CONTEXT, BATCH, ROWS))
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
