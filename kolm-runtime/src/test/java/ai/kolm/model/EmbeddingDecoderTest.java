package ai.kolm.model;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonObject;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Panels;
import ai.kolm.model.EmbeddingModel.Pooling;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors of decoders: every architecture against the last hidden states of transformers. */
class EmbeddingDecoderTest {
  /** As a fraction of the standard deviation; the README of golden/tiny-models derives it. */
  private static final double TOLERANCE = 5e-5;

  /** Of real models with quantised weights: that of stages where activations have 16 bits. */
  private static final double REAL_TOLERANCE = 5e-3;

  private static final int CONTEXT = 256;
  private static final int STEP = 32;

  @TempDir private Path folder;

  private static ModelLoader loader(KernelSelection selection, int batchTokens) {
    return new ModelLoader(selection, 2, _ -> ModelOptions.exact(CONTEXT, batchTokens, 80));
  }

  private static ModelLoader loader(int batchTokens) {
    return loader(KernelSelection.best(), batchTokens);
  }

  /** The long sequence takes three steps. */
  @ParameterizedTest
  @MethodSource("ai.kolm.model.ArchitecturesTest#models")
  void vectorsAreThoseOfTheReference(String name, KernelSelection.Set set) throws Exception {
    JsonObject layers = TinyModels.json(name + "/expected.json").object("layers");
    JsonObject reference = layers.objects("stages").getLast();
    assertEquals("final_norm", reference.string("at"));
    int[] ids = sequence(name, layers.string("sequence"));
    try (ModelFiles files = ModelFiles.open(TinyModels.writeHuggingFace(name, folder));
        EmbeddingDecoder decoder =
            loader(KernelSelection.forced(set), STEP).loadForVectors(files)) {
      float[] last = decoder.embed(List.of(ids), Pooling.LAST)[0];
      double unit = TOLERANCE * reference.findNumber("last_std").orElseThrow();
      double[] first = GoldenFile.numbers(reference.array("last_first8"));
      for (int i = 0; i < first.length; i++) {
        assertEquals(first[i], last[i], unit, "channel " + i);
      }
      double mean = mean(last);
      assertEquals(reference.findNumber("last_mean").orElseThrow(), mean, unit);
      double squares =
          IntStream.range(0, last.length).mapToDouble(i -> Math.pow(last[i] - mean, 2)).sum();
      assertEquals(
          reference.findNumber("last_std").orElseThrow(), Math.sqrt(squares / last.length), unit);
      double all = TOLERANCE * reference.findNumber("std").orElseThrow();
      float[] pooled = decoder.embed(List.of(ids), Pooling.MEAN)[0];
      assertEquals(reference.findNumber("mean").orElseThrow(), mean(pooled), all);
    }
  }

  private static int[] sequence(String model, String name) throws Exception {
    for (JsonObject one : TinyModels.json(model + "/expected.json").objects("sequences")) {
      if (one.string("name").equals(name)) {
        return GoldenFile.ints(one.array("ids"));
      }
    }
    throw new IllegalArgumentException(name);
  }

  private static double mean(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElseThrow();
  }

  /** With the kernels of this machine, which may round activations to 16 bits. */
  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "gemma3"})
  void vectorsOfRealModelsAreThoseOfTheReference(String name) throws Exception {
    Path path = name.equals("smollm2") ? ReferenceData.smollm2() : ReferenceData.gemma3();
    ModelLoader loader =
        new ModelLoader(KernelSelection.best(), 2, _ -> ModelOptions.exact(1344, 256, 1));
    double worst = 0;
    try (ModelFiles files = ModelFiles.open(path);
        EmbeddingDecoder decoder = loader.loadForVectors(files)) {
      for (JsonObject golden :
          GoldenFile.read("text-models/" + name + ".layers.json").objects("cases")) {
        int[] ids = GoldenFile.ints(golden.array("input_ids"));
        JsonObject reference = golden.objects("stages").getLast();
        assertEquals("final_norm", reference.string("at"));
        float[] last = decoder.embed(List.of(ids), Pooling.LAST)[0];
        double unit = reference.findNumber("last_std").orElseThrow();
        double[] first = GoldenFile.numbers(reference.array("last_first8"));
        for (int i = 0; i < first.length; i++) {
          worst = Math.max(worst, Math.abs(first[i] - last[i]) / unit);
        }
        worst =
            Math.max(
                worst,
                Math.abs(reference.findNumber("last_mean").orElseThrow() - mean(last)) / unit);
      }
    }
    System.out.printf("%s: vectors within %.1e of the reference%n", name, worst);
    assertTrue(worst <= REAL_TOLERANCE, "off by " + worst);
  }

  /** What is pooled are the rows that logits would be made of, to the bit. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gemma3"})
  void allOfTheVectorIsThatOfTheForwardPass(String name) throws Exception {
    int[] ids = sequence(name, "long");
    List<float[]> rows = new ArrayList<>();
    try (ModelFiles files = ModelFiles.open(TinyModels.writeHuggingFace(name, folder))) {
      try (DecoderModel model = loader(80).load(files)) {
        model.probe((stage, values) -> collect(stage, values, rows));
        int[] blocks = IntStream.range(0, 3).toArray();
        model.forward(new Batch(List.of(new Batch.Slice(ids, 0, blocks, ids.length))));
      }
      assertEquals(ids.length, rows.size());
      try (EmbeddingDecoder decoder = loader(STEP).loadForVectors(files)) {
        assertArrayEquals(rows.getFirst(), decoder.embed(List.of(ids), Pooling.CLS)[0]);
        assertArrayEquals(rows.getLast(), decoder.embed(List.of(ids), Pooling.LAST)[0]);
        float[] mean = decoder.embed(List.of(ids), Pooling.MEAN)[0];
        for (int c = 0; c < mean.length; c++) {
          int column = c;
          double sum = rows.stream().mapToDouble(row -> row[column]).sum();
          assertEquals(sum / rows.size(), mean[c], 1e-6 * Math.abs(mean[c]) + 1e-9);
        }
      }
    }
  }

  private static void collect(String stage, Panels values, List<float[]> rows) {
    for (int r = 0; stage.equals("output_norm") && r < values.rows(); r++) {
      float[] row = new float[values.width()];
      values.copyRow(r, row);
      rows.add(row);
    }
  }

  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void aVectorDoesNotDependOnItsBatch(KernelSelection.Set set) throws Exception {
    Random random = new Random(7);
    List<int[]> sequences =
        Stream.of(1, 31, 32, 33, 5, 2)
            .map(length -> random.ints(length, 3, 500).toArray())
            .toList();
    List<int[]> others =
        Stream.of(70, 1, 1).map(length -> random.ints(length, 3, 500).toArray()).toList();
    KernelSelection selection = KernelSelection.forced(set);
    try (ModelFiles files = ModelFiles.open(TinyModels.writeHuggingFace("gemma3", folder))) {
      float[][] together;
      try (EmbeddingDecoder decoder = loader(selection, 128).loadForVectors(files)) {
        assertEquals(4, decoder.batchSequences(), "of 8 blocks, 4 may be full");
        decoder.embed(others, Pooling.MEAN); // leaves keys and values of its own behind
        together = decoder.embed(sequences.subList(0, 4), Pooling.MEAN);
        assertArrayEquals(together, decoder.embed(sequences.subList(0, 4), Pooling.MEAN));
      }
      try (EmbeddingDecoder decoder = loader(selection, STEP).loadForVectors(files)) {
        for (int i = 0; i < 4; i++) {
          List<int[]> alone = sequences.subList(i, i + 1);
          assertArrayEquals(together[i], decoder.embed(alone, Pooling.MEAN)[0], "sequence " + i);
        }
        float[][] two = decoder.embed(sequences.subList(4, 6), Pooling.LAST);
        for (int i = 0; i < 2; i++) {
          List<int[]> alone = sequences.subList(4 + i, 5 + i);
          assertArrayEquals(two[i], decoder.embed(alone, Pooling.LAST)[0]);
        }
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    try (ModelFiles files = ModelFiles.open(TinyModels.writeHuggingFace("llama", folder));
        EmbeddingDecoder decoder = loader(STEP).loadForVectors(files)) {
      assertEquals(CONTEXT, decoder.maxTokens());
      assertEquals(96, decoder.dimensions());
      assertEquals(7, decoder.batchSequences());
      assertEquals(1, decoder.embed(List.of(new int[CONTEXT]), Pooling.MEAN).length);
      int[] one = {1};
      for (List<int[]> refused :
          List.of(
              List.<int[]>of(),
              List.of(new int[0]),
              List.of(new int[CONTEXT + 1]),
              List.of(new int[STEP], one),
              List.of(one, one, one, one, one, one, one, one))) {
        assertThrows(IllegalArgumentException.class, () -> decoder.embed(refused, Pooling.MEAN));
      }
    }
  }

  @Test
  void aLongTextMayBeLeftBetweenItsSteps() throws Exception {
    try (ModelFiles files = ModelFiles.open(TinyModels.writeHuggingFace("llama", folder));
        EmbeddingDecoder decoder = loader(STEP).loadForVectors(files)) {
      List<int[]> longest = List.of(new int[CONTEXT]);
      AtomicInteger between = new AtomicInteger();
      decoder.embed(longest, Pooling.MEAN, between::incrementAndGet);
      assertEquals(CONTEXT / STEP - 1, between.get());
      Runnable leave =
          () -> {
            throw new CancellationException();
          };
      assertThrows(CancellationException.class, () -> decoder.embed(longest, Pooling.MEAN, leave));
      assertEquals(96, decoder.embed(List.of(new int[1]), Pooling.MEAN)[0].length);
    }
  }

  /** Models that were saved without their output leave out the name of what is around it. */
  @Test
  void aModelWithoutItsOutputIsEnough() throws Exception {
    float[] expected;
    int[] ids = sequence("qwen3", "middle");
    Path directory = TinyModels.writeHuggingFace("qwen3", folder);
    try (ModelFiles files = ModelFiles.open(directory);
        EmbeddingDecoder decoder = loader(STEP).loadForVectors(files)) {
      expected = decoder.embed(List.of(ids), Pooling.LAST)[0];
    }
    leaveOutTheRoot(directory.resolve("model.safetensors"));
    try (ModelFiles files = ModelFiles.open(directory);
        EmbeddingDecoder decoder = loader(STEP).loadForVectors(files)) {
      assertArrayEquals(expected, decoder.embed(List.of(ids), Pooling.LAST)[0]);
    }
  }

  private static void leaveOutTheRoot(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    String header = new String(bytes, Long.BYTES, length, US_ASCII);
    StringBuilder renamed = new StringBuilder(header.replace("\"model.", "\""));
    renamed.repeat(' ', length - renamed.length());
    byte[] other = renamed.toString().getBytes(US_ASCII);
    System.arraycopy(other, 0, bytes, Long.BYTES, length);
    Files.write(file, bytes);
  }

  /** Computed from the left, such a model would give vectors that look right. */
  @ParameterizedTest
  @ValueSource(strings = {"\"use_bidirectional_attention\": true", "\"is_causal\": false"})
  void whatSeesInBothDirectionsIsRefused(String member) throws Exception {
    Path directory = TinyModels.writeHuggingFace("qwen3", folder);
    Path config = directory.resolve("config.json");
    Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{" + member + ","));
    try (ModelFiles files = ModelFiles.open(directory)) {
      ModelFormatException refused =
          assertThrows(ModelFormatException.class, () -> loader(STEP).loadForVectors(files));
      assertEquals("qwen3: tokens see those behind them, too: not supported", refused.getMessage());
    }
  }
}
