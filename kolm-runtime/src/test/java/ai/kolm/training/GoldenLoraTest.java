package ai.kolm.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.Panels;
import ai.kolm.model.FrozenDecoder;
import ai.kolm.model.LoraDecoder;
import ai.kolm.model.LoraModule;
import ai.kolm.model.LoraShape;
import ai.kolm.model.LoraWeights;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelLoaders;
import ai.kolm.model.TrainingRow;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Six steps on SmolLM2 against PyTorch in single precision; golden/lora/README.md says what is
 * compared, and where the tolerances come from.
 */
class GoldenLoraTest {
  private static final double LOSS = 5e-5;
  private static final double GLOBAL_NORM = 1e-4;
  private static final double NORM = 1e-3;
  private static final double AFTER = 1e-5;
  private static final double SMALL_GRADIENT = 1e-6;
  private static final double MODULE_STEP = 3;

  private final JsonObject golden;
  private int compared;

  GoldenLoraTest() throws Exception {
    try (InputStream stream =
        GoldenLoraTest.class.getResourceAsStream("/golden/lora/smollm2-lora.json")) {
      byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
      golden = JsonObject.of(JsonReader.read(bytes, JsonLimits.DEFAULT), "");
    }
  }

  @Test
  void sixStepsAreThoseOfTheReference() throws Exception {
    ModelLoader loader = ModelLoaders.of(KernelSelection.best(), 2);
    try (ModelFiles files = ModelFiles.open(ReferenceData.smollm2());
        FrozenDecoder frozen = loader.freeze(files);
        Arena arena = Arena.ofConfined()) {
      LoraShape shape = new LoraShape(8, 16, Set.of(LoraModule.QUERY, LoraModule.VALUE));
      LoraWeights lora = new LoraWeights(shape, frozen.config(), frozen.arena());
      lora.forEach(GoldenLoraTest::start);
      TrainingRow row = row();
      LoraDecoder decoder = new LoraDecoder(frozen, lora, row.tokens().length, 30);
      // Neither schedule nor clipping.
      OptimizerSettings plain = new OptimizerSettings(1e-3, 0, 1, 0.9, 0.999, 1e-8, 0, 0);
      AdamW optimizer = new AdamW(lora, plain, arena);
      List<JsonObject> steps = golden.objects("steps");
      for (int i = 0; i < steps.size(); i++) {
        JsonObject step = steps.get(i);
        double loss = decoder.addGradients(row, 1f / row.learnedTokens()) / row.learnedTokens();
        assertEquals(number(step, "loss"), loss, LOSS, "loss of step " + i);
        double norm = optimizer.norm();
        double expected = number(step, "global_grad_norm");
        assertEquals(expected, norm, GLOBAL_NORM * expected, "norm of step " + i);
        if (step.find("grad_norms").isPresent()) {
          norms(step.object("grad_norms"), lora, true);
          values(step.object("grad_values"), frozen, lora);
        }
        if (i + 1 < steps.size()) {
          List<float[]> gradients = i == 0 ? gradients(lora) : List.of();
          optimizer.step(i + 1, plain.rate(i, steps.size()), norm);
          if (i == 0) {
            after(step.object("weights_after"), frozen, lora, gradients);
          }
        }
      }
      norms(golden.object("final_norms"), lora, false);
      assertEquals(840, compared, "numbers compared");
    }
  }

  private static void start(int layer, LoraModule module, LowRank pair) {
    for (int i = 0; i < pair.rank(); i++) {
      for (int j = 0; j < pair.inputs(); j++) {
        double t = module == LoraModule.QUERY ? 0 : MODULE_STEP;
        pair.a().set(i, j, (float) (Math.sin(i * 131 + j * 7 + layer * 17 + t) * 0.02));
      }
    }
    pair.refresh();
  }

  /** Both examples behind one another. */
  private TrainingRow row() throws JsonException {
    List<Long> ids = new ArrayList<>();
    List<Long> mask = new ArrayList<>();
    List<Integer> starts = new ArrayList<>(List.of(0));
    for (JsonObject example : golden.objects("examples")) {
      example.array("ids").forEach(id -> ids.add(((Json.Int) id).value()));
      example.array("loss_mask").forEach(flag -> mask.add(((Json.Int) flag).value()));
      starts.add(ids.size());
    }
    boolean[] learned = new boolean[ids.size()];
    for (int i = 0; i < learned.length; i++) {
      learned[i] = mask.get(i) == 1;
    }
    return new TrainingRow(
        ids.stream().mapToInt(Long::intValue).toArray(),
        learned,
        starts.stream().mapToInt(Integer::intValue).toArray());
  }

  private void norms(JsonObject expected, LoraWeights lora, boolean gradients)
      throws JsonException {
    for (String name : expected.names()) {
      Panels x = matrix(lora, name, gradients);
      double norm = Math.sqrt(AdamW.squares(x.data()));
      double value = number(expected, name);
      assertEquals(value, norm, NORM * value + Double.MIN_VALUE, name);
      compared++;
    }
  }

  private static Panels matrix(LoraWeights lora, String name, boolean gradient) {
    LowRank pair = pair(lora, name);
    if (name.endsWith(".a")) {
      return gradient ? pair.aGradient() : pair.a();
    }
    return gradient ? pair.bGradient() : pair.b();
  }

  private static LowRank pair(LoraWeights lora, String name) {
    int layer = Integer.parseInt(name.split("\\.", -1)[1]);
    return Objects.requireNonNull(lora.find(layer, module(name)));
  }

  private static LoraModule module(String name) {
    return name.contains("q_proj") ? LoraModule.QUERY : LoraModule.VALUE;
  }

  /** Single numbers, as a part of their matrix' root mean square. */
  private void values(JsonObject expected, FrozenDecoder frozen, LoraWeights lora)
      throws JsonException {
    for (String name : expected.names()) {
      Panels x = matrix(lora, name, true);
      double unit = Math.sqrt(AdamW.squares(x.data()) / ((double) x.rows() * x.width()));
      double[][] rows = rows(expected, name);
      for (int i = 0; i < rows.length; i++) {
        for (int j = 0; j < rows[i].length; j++) {
          double value = element(x, name, frozen, lora, i, j);
          assertEquals(rows[i][j], value, 5 * NORM * unit + Double.MIN_VALUE, name);
        }
      }
      compared += rows.length * rows[0].length;
    }
  }

  private static double element(
      Panels x, String name, FrozenDecoder frozen, LoraWeights lora, int i, int j) {
    if (name.endsWith(".a")) {
      return x.get(i, j);
    }
    int outputs = pair(lora, name).outputs();
    return x.get(j, AdapterFiles.order(module(name), frozen, outputs)[i]);
  }

  private static List<float[]> gradients(LoraWeights lora) {
    List<float[]> all = new ArrayList<>();
    lora.forEach((_, _, pair) -> all.add(AdapterFiles.rows(pair.bGradient())));
    return all;
  }

  private void after(
      JsonObject expected, FrozenDecoder frozen, LoraWeights lora, List<float[]> gradients)
      throws JsonException {
    for (String name : expected.names()) {
      int layer = Integer.parseInt(name.split("\\.", -1)[1]);
      int outputs = pair(lora, name).outputs();
      float[] gradient = gradients.get(2 * layer + (module(name) == LoraModule.QUERY ? 0 : 1));
      int[] order = AdapterFiles.order(module(name), frozen, outputs);
      double[][] rows = rows(expected, name);
      for (int i = 0; i < rows.length; i++) {
        for (int j = 0; j < rows[i].length; j++) {
          // The first update is almost the rate times the sign of the gradient.
          if (Math.abs(gradient[j * outputs + order[i]]) > SMALL_GRADIENT) {
            double value = element(matrix(lora, name, false), name, frozen, lora, i, j);
            assertEquals(rows[i][j], value, AFTER, name);
          }
        }
      }
      compared += rows.length * rows[0].length;
    }
  }

  private static double[][] rows(JsonObject object, String name) throws JsonException {
    return object.array(name).stream()
        .map(row -> ((Json.Arr) row).items().stream().mapToDouble(GoldenLoraTest::number).toArray())
        .toArray(double[][]::new);
  }

  private static double number(Json json) {
    return json instanceof Json.Int n ? n.value() : ((Json.Real) json).value();
  }

  private static double number(JsonObject object, String name) throws JsonException {
    return object.findNumber(name).orElseThrow();
  }
}
