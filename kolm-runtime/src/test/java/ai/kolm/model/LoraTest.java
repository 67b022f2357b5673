package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.source.LoraAdapter;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters beside the weights give what adapters merged into the weights give. */
class LoraTest {
  private static final int CONTEXT = 64;
  private static final int[] IDS = new Random(5).ints(24, 3, 260).toArray();

  /** Differences of log-probabilities between two orders of the same sums. */
  private static final double TOLERANCE = 5e-4;

  @TempDir private Path folder;

  private static DecoderModel huggingFace(Path model, KernelSelection.Set set, Arena arena)
      throws Exception {
    byte[] config = Files.readAllBytes(model.resolve("config.json"));
    return ArchitecturesTest.loader(set, CONTEXT)
        .load(
            SafetensorsFile.open(model, arena),
            "tiny",
            JsonReader.readObject(config, JsonLimits.DEFAULT));
  }

  /** Log-probabilities of all positions. */
  private static double[] scores(LanguageModel model, String adapter) {
    float[][] rows = new Scorer(model, adapter).lastRows(IDS, IDS.length);
    return Arrays.stream(rows)
        .flatMapToDouble(
            row -> {
              double norm = Scorer.logSumExp(row);
              double[] scores = new double[row.length];
              Arrays.setAll(scores, i -> row[i] - norm);
              return Arrays.stream(scores);
            })
        .toArray();
  }

  private static double difference(double[] a, double[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  /** All models on the kernels that are the specification, those of two families on all. */
  static Stream<Arguments> models() throws Exception {
    return ArchitecturesTest.models()
        .filter(
            arguments ->
                arguments.get()[1] == KernelSelection.Set.SCALAR
                    || List.of("llama", "phi3").contains(arguments.get()[0]))
        .filter(arguments -> !arguments.get()[0].equals("chat")); // its weights are llama's
  }

  @ParameterizedTest
  @MethodSource("models")
  void asIfMerged(String name, KernelSelection.Set set) throws Exception {
    Path base = TinyModels.writeHuggingFace(name, folder);
    Path gguf = TinyModels.writeGguf(name, folder);
    TinyAdapter tiny = TinyAdapter.write(base, folder, "adapter", 7);
    try (Arena arena = Arena.ofShared()) {
      LoraAdapter adapter = LoraAdapter.open(tiny.directory(), "adapter", arena);
      double[] expected;
      double[] bare;
      try (DecoderModel merged = huggingFace(tiny.merged(), set, arena)) {
        expected = scores(merged, "");
      }
      try (DecoderModel model = huggingFace(base, set, arena)) {
        bare = scores(model, "");
        model.addAdapter(adapter);
        assertEquals(0, difference(expected, scores(model, adapter.digest())), TOLERANCE);
        assertArrayEquals(bare, scores(model, ""), "the base is as it was");
      }
      assertTrue(difference(expected, bare) > 100 * TOLERANCE, "the adapter does something");
      if (TinyModels.json(name + "/expected.json").find("gguf_sequences").isPresent()) {
        return; // a GGUF file of this family says less, and gives other numbers
      }
      try (DecoderModel model =
          ArchitecturesTest.loader(set, CONTEXT).load(GgufFile.open(gguf, arena))) {
        model.addAdapter(adapter);
        assertEquals(0, difference(expected, scores(model, adapter.digest())), TOLERANCE, "GGUF");
      }
    }
  }

  /** Added to the weights of the file, with rows in its order and in its types. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gemma2"})
  void mergedIntoItsFile(String name) throws Exception {
    Path base = TinyModels.writeHuggingFace(name, folder);
    TinyAdapter tiny = TinyAdapter.write(base, folder, "adapter", 7);
    Path merged = folder.resolve("merged.gguf");
    KernelSelection.Set set = KernelSelection.Set.SCALAR;
    try (Arena arena = Arena.ofShared()) {
      LoraAdapter adapter = LoraAdapter.open(tiny.directory(), "adapter", arena);
      GgufFile file = GgufFile.open(TinyModels.writeGguf(name, folder), arena);
      try (FileChannel channel =
          FileChannel.open(merged, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        AdapterMerge.of(file, adapter).write(channel);
      }
      GgufFile read = GgufFile.open(merged, arena);
      assertEquals(file.tensors().size(), read.tensors().size());
      double[] expected;
      try (DecoderModel model = ArchitecturesTest.loader(set, CONTEXT).load(file)) {
        model.addAdapter(adapter);
        expected = scores(model, adapter.digest());
      }
      try (DecoderModel model = ArchitecturesTest.loader(set, CONTEXT).load(read)) {
        boolean single = file.tensors().stream().allMatch(t -> t.type() == TensorType.F32);
        double tolerance = single ? TOLERANCE : 0.2; // 16 bits are rounded once more
        assertEquals(0, difference(expected, scores(model, "")), tolerance);
      }
    }
  }

  /** Rows of several adapters and of none, in one batch. */
  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void mixedBatches(KernelSelection.Set set) throws Exception {
    Path base = TinyModels.writeHuggingFace("llama", folder);
    Path gguf = TinyModels.writeGguf("llama", folder);
    try (Arena arena = Arena.ofShared();
        DecoderModel model =
            new ModelLoader(
                    KernelSelection.forced(set), 2, _ -> ModelOptions.exact(4 * CONTEXT, 64, 32))
                .load(GgufFile.open(gguf, arena))) {
      LoraAdapter one =
          LoraAdapter.open(TinyAdapter.write(base, folder, "one", 1).directory(), "one", arena);
      LoraAdapter two =
          LoraAdapter.open(TinyAdapter.write(base, folder, "two", 2).directory(), "two", arena);
      model.addAdapter(one);
      model.addAdapter(two);
      model.addAdapter(two);
      List<String> adapters = List.of("", one.digest(), two.digest(), one.digest());
      Map<String, float[]> alone = new LinkedHashMap<>();
      for (String adapter : adapters) {
        alone.put(adapter, new Scorer(model, adapter).lastRows(Arrays.copyOf(IDS, 9), 1)[0]);
      }
      assertEquals(3, alone.values().stream().map(Arrays::hashCode).distinct().count());
      List<Batch.Slice> slices = new ArrayList<>();
      for (int i = 0; i < adapters.size(); i++) {
        slices.add(new Batch.Slice(Arrays.copyOf(IDS, 9), 0, new int[] {i}, 1, adapters.get(i)));
      }
      Logits logits = model.forward(new Batch(slices));
      float[] row = new float[model.vocabularySize()];
      for (int i = 0; i < adapters.size(); i++) {
        logits.copyRow(i, row);
        assertArrayEquals(alone.get(adapters.get(i)), row, "slice " + i);
      }
      Batch.Slice unknown = new Batch.Slice(IDS, 0, new int[] {0}, 1, "unknown");
      assertThrows(
          IllegalArgumentException.class, () -> model.forward(new Batch(List.of(unknown))));
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    Path base = TinyModels.writeHuggingFace("gemma2", folder); // a layer more
    Path other = TinyModels.writeHuggingFace("llama", folder);
    TinyAdapter tiny = TinyAdapter.write(base, folder, "adapter", 7);
    try (Arena arena = Arena.ofShared();
        DecoderModel model = huggingFace(other, KernelSelection.Set.SCALAR, arena)) {
      LoraAdapter adapter = LoraAdapter.open(tiny.directory(), "adapter", arena);
      ModelFormatException refused =
          assertThrows(ModelFormatException.class, () -> model.addAdapter(adapter));
      assertTrue(String.valueOf(refused.getMessage()).contains("adapter_shape"));
    }
  }

  @Test
  void whatIsNotAppliedIsRefused() throws Exception {
    Path base = TinyModels.writeHuggingFace("llama", folder);
    Path directory = TinyAdapter.write(base, folder, "adapter", 7).directory();
    Map<String, String> refused =
        Map.ofEntries(
            Map.entry("peft_type", "\"LOHA\""),
            Map.entry("bias", "\"all\""),
            Map.entry("use_dora", "true"),
            Map.entry("fan_in_fan_out", "true"),
            Map.entry("modules_to_save", "[\"lm_head\"]"),
            Map.entry("rank_pattern", "{\"q_proj\":4}"),
            Map.entry("alpha_pattern", "{\"q_proj\":4}"),
            Map.entry("init_lora_weights", "\"pissa\""),
            Map.entry("r", "6"),
            Map.entry("r ", "1} "),
            Map.entry("lora_alpha", "null"));
    try (Arena arena = Arena.ofShared()) {
      for (Map.Entry<String, String> one : refused.entrySet()) {
        Files.writeString(
            directory.resolve("adapter_config.json"),
            TinyAdapter.config(Map.of(one.getKey(), one.getValue())));
        assertThrows(
            ModelFormatException.class,
            () -> LoraAdapter.open(directory, "adapter", arena),
            one.getKey());
      }
      Files.writeString(
          directory.resolve("adapter_config.json"),
          TinyAdapter.config(Map.of("use_rslora", "true", "unknown_member", "1")));
      double scale = LoraAdapter.open(directory, "adapter", arena).config().scale();
      assertEquals(8 / Math.sqrt(5), scale, 1e-6);
    }
  }
}
