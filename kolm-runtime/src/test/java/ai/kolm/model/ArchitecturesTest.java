package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every architecture, RoPE variant, file form and tensor type against transformers, on the tiny
 * models of golden/tiny-models, whose README derives the tolerances.
 */
class ArchitecturesTest {
  private static final double LOGPROB_TOLERANCE = 2e-4;

  /**
   * Emitted kernels round activations to 16 bits where weights are quantised; {@link
   * ReferenceNumbersTest} derives the bound.
   */
  private static final double ROUNDED_TOLERANCE = 6e-3;

  private static final double STAGE_TOLERANCE = 5e-5;
  static final int CONTEXT = 256;

  @TempDir private Path folder;

  static Stream<Arguments> models() throws IOException, JsonException {
    List<Arguments> all = new ArrayList<>();
    for (String name : TinyModels.names()) {
      for (KernelSelection.Set set : KernelSets.runnable()) {
        all.add(Arguments.of(name, set));
      }
    }
    return all.stream();
  }

  static ModelLoader loader(KernelSelection.Set set, int context) {
    return new ModelLoader(
        KernelSelection.forced(set), 2, _ -> ModelOptions.exact(context, 32, 32));
  }

  @ParameterizedTest
  @MethodSource("models")
  void safetensors(String name, KernelSelection.Set set) throws Exception {
    Path model = TinyModels.writeHuggingFace(name, folder);
    JsonObject config =
        JsonReader.readObject(Files.readAllBytes(model.resolve("config.json")), JsonLimits.DEFAULT);
    JsonObject expected = TinyModels.json(name + "/expected.json");
    try (Arena arena = Arena.ofShared()) {
      SafetensorsFile file = SafetensorsFile.open(model, arena);
      for (JsonObject sequence : expected.objects("sequences")) {
        int context = context(name, sequence);
        try (DecoderModel decoder = loader(set, context).load(file, name, config)) {
          checkSequence(decoder, sequence);
          if (sequence.string("name").equals(expected.object("layers").string("sequence"))) {
            checkLayers(decoder, sequence, expected.object("layers"), config);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void gguf(String name, KernelSelection.Set set) throws Exception {
    JsonObject expected = TinyModels.json(name + "/expected.json");
    String key = expected.find("gguf_sequences").isPresent() ? "gguf_sequences" : "sequences";
    try (Arena arena = Arena.ofShared()) {
      GgufFile file = GgufFile.open(TinyModels.writeGguf(name, folder), arena);
      for (JsonObject sequence : expected.objects(key)) {
        try (DecoderModel decoder = loader(set, context(name, sequence)).load(file)) {
          checkSequence(decoder, sequence);
        }
      }
    }
  }

  /** LongRoPE takes its factors by the context a model is set up for; the original one is 32. */
  static int context(String name, JsonObject sequence) throws JsonException {
    boolean isShort =
        name.equals("phi3-longrope")
            && List.of("short", "middle").contains(sequence.string("name"));
    return isShort ? 32 : CONTEXT;
  }

  static Stream<Arguments> quantised() throws IOException, JsonException {
    List<Arguments> all = new ArrayList<>();
    for (JsonObject file : TinyModels.json("quantised/expected.json").objects("files")) {
      for (KernelSelection.Set set : KernelSets.runnable()) {
        all.add(Arguments.of(file.string("file"), set, file));
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("quantised")
  void quantised(String name, KernelSelection.Set set, JsonObject expected) throws Exception {
    Path path = TinyModels.copy("quantised/" + name, folder);
    try (Arena arena = Arena.ofShared();
        DecoderModel decoder = loader(set, CONTEXT).load(GgufFile.open(path, arena))) {
      for (JsonObject sequence : expected.objects("sequences")) {
        checkSequence(decoder, sequence);
      }
    }
  }

  static void checkSequence(DecoderModel model, JsonObject golden) throws JsonException {
    int[] ids = GoldenFile.ints(golden.array("ids"));
    double[] next = GoldenFile.numbers(golden.array("next"));
    List<Json> top = golden.array("top5");
    List<Json> last = golden.array("last_top20");
    float[][] logits = new Scorer(model).lastRows(ids, ids.length);
    double tolerance =
        model.kernelName().startsWith("emitted") ? ROUNDED_TOLERANCE : LOGPROB_TOLERANCE;
    for (int i = 0; i < ids.length; i++) {
      double normalizer = Scorer.logSumExp(logits[i]);
      if (i + 1 < ids.length) {
        assertEquals(next[i], logits[i][ids[i + 1]] - normalizer, tolerance, "next at " + i);
      }
      checkTop(((Json.Arr) top.get(i)).items(), logits[i], normalizer, i, tolerance);
    }
    int end = ids.length - 1;
    checkTop(last, logits[end], Scorer.logSumExp(logits[end]), end, tolerance);
  }

  private static void checkTop(
      List<Json> top, float[] logits, double normalizer, int at, double tolerance) {
    for (Json pair : top) {
      List<Json> entry = ((Json.Arr) pair).items();
      int id = (int) ((Json.Int) entry.get(0)).value();
      assertEquals(
          GoldenFile.number(entry.get(1)),
          logits[id] - normalizer,
          tolerance,
          "token " + id + " at " + at);
    }
  }

  private static void checkLayers(
      DecoderModel model, JsonObject sequence, JsonObject layers, JsonObject config)
      throws JsonException {
    StageChecks checks = new StageChecks(model.config().headDim());
    model.probe(checks);
    int[] ids = GoldenFile.ints(sequence.array("ids"));
    new Scorer(model).lastRows(ids, ids.length);
    boolean postNorms = config.string("model_type").startsWith("gemma");
    assertTrue(checks.check(layers, STAGE_TOLERANCE, postNorms) > model.config().layers());
  }

  /** Every margin of the reference is far above the noise, so the ids must be equal. */
  @ParameterizedTest
  @MethodSource("sets")
  void greedyText(KernelSelection.Set set) throws Exception {
    JsonObject expected = TinyModels.json("chat/text.json");
    Path path = TinyModels.copy("chat/chat.gguf", folder);
    try (Arena arena = Arena.ofShared();
        DecoderModel decoder = loader(set, 512).load(GgufFile.open(path, arena))) {
      for (JsonObject text : expected.objects("texts")) {
        int[] ids = GoldenFile.ints(text.array("input_ids"));
        int[] greedy = GoldenFile.ints(text.array("greedy_ids"));
        assertArrayEquals(greedy, new Scorer(decoder).greedy(ids, greedy.length));
      }
    }
  }

  static Stream<KernelSelection.Set> sets() {
    return KernelSets.runnable().stream();
  }

  @Test
  void unknownArchitectureListsTheKnownOnes() throws Exception {
    JsonObject config =
        JsonReader.readObject(
            "{\"model_type\":\"bert\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            JsonLimits.DEFAULT);
    Path model = TinyModels.writeHuggingFace("llama", folder);
    try (Arena arena = Arena.ofShared()) {
      SafetensorsFile file = SafetensorsFile.open(model, arena);
      ModelFormatException e =
          assertThrows(
              ModelFormatException.class,
              () -> loader(KernelSelection.Set.SCALAR, CONTEXT).load(file, "m", config));
      assertEquals(
          "m: architecture \"bert\" is not supported; supported: llama, qwen2, qwen3, gemma2,"
              + " gemma3, phi3, granite",
          e.getMessage());
    }
  }
}
