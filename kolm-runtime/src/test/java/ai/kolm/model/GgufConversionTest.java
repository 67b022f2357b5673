package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.GgufWriter;
import ai.kolm.weights.QuantizationPlan;
import ai.kolm.weights.SafetensorsFile;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A converted model answers as the model it came from, in every family and RoPE variant. */
class GgufConversionTest {
  /**
   * Mean over the positions of a sequence. A weight is off by 1/400 of its block's spread, a logit
   * by some ten times that after a few layers, of logits that multipliers may stretch tenfold.
   */
  private static final double MEAN_DIVERGENCE = 5e-2;

  @TempDir private Path folder;

  static List<String> names() throws Exception {
    return TinyModels.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void unquantizedItHasTheReferenceNumbers(String name) throws Exception {
    Path directory = TinyModels.writeHuggingFace(name, folder);
    Path gguf = convert(directory, name, (_, _) -> TensorType.F32);
    JsonObject expected = TinyModels.json(name + "/expected.json");
    try (Arena arena = Arena.ofShared()) {
      GgufFile file = GgufFile.open(gguf, arena);
      for (JsonObject sequence : expected.objects("sequences")) {
        int context = ArchitecturesTest.context(name, sequence);
        try (DecoderModel model =
            ArchitecturesTest.loader(KernelSelection.Set.SCALAR, context).load(file)) {
          ArchitecturesTest.checkSequence(model, sequence);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void in8BitsItStaysClose(String name) throws Exception {
    Path directory = TinyModels.writeHuggingFace(name, folder);
    Path gguf = convert(directory, name, new QuantizationPlan(TensorType.Q8_0)::typeOf);
    JsonObject sequence = TinyModels.json(name + "/expected.json").objects("sequences").getLast();
    int[] ids = GoldenFile.ints(sequence.array("ids"));
    ModelLoader loader =
        ArchitecturesTest.loader(KernelSelection.Set.SCALAR, ArchitecturesTest.CONTEXT);
    try (Arena arena = Arena.ofShared();
        DecoderModel original =
            loader.load(SafetensorsFile.open(directory, arena), name, config(directory));
        DecoderModel converted = loader.load(GgufFile.open(gguf, arena))) {
      float[][] expected = new Scorer(original).lastRows(ids, ids.length);
      float[][] actual = new Scorer(converted).lastRows(ids, ids.length);
      double sum = 0;
      for (int i = 0; i < ids.length; i++) {
        sum += divergence(expected[i], actual[i]);
      }
      assertTrue(sum / ids.length < MEAN_DIVERGENCE, () -> "mean KL too large for " + name);
      assertEquals(original.config().contextLength(), converted.config().contextLength());
    }
  }

  private static Path convert(Path directory, String name, GgufConversion.TypeChoice types)
      throws Exception {
    Path target = directory.resolveSibling(name + "-converted.gguf");
    try (Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      SafetensorsFile file = SafetensorsFile.open(directory, arena);
      for (Tensor tensor : file.tensors()) {
        assertTrue(tensor.data().byteSize() > 0);
      }
      GgufWriter writer = GgufConversion.of(file, name, config(directory), types);
      writer.write(channel);
    }
    return target;
  }

  private static JsonObject config(Path directory) throws Exception {
    return JsonReader.readObject(
        Files.readAllBytes(directory.resolve("config.json")), JsonLimits.DEFAULT);
  }

  /** KL(expected || actual). */
  private static double divergence(float[] expected, float[] actual) {
    double normalizer = Scorer.logSumExp(expected);
    double other = Scorer.logSumExp(actual);
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      double logprob = expected[i] - normalizer;
      sum += Math.exp(logprob) * (logprob - (actual[i] - other));
    }
    return sum;
  }
}
