package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.fake.FakeModel;
import ai.kolm.json.JsonException;
import ai.kolm.model.TinyModels;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is timed, not how long it takes. */
class ModelBenchmarkTest {
  private static final int CONTEXT = 64;
  private static final int BATCH = 16;

  /** The token with logits that are not finite; the fixed seed brings it up in a long test. */
  private static final int POISON = 3;

  @TempDir private Path folder;

  private static FakeModel model(int poison) {
    return new FakeModel(new FakeModel.Shape(9, CONTEXT, 4, 16, BATCH, 1), poison);
  }

  private static ModelBenchmark benchmark(FakeModel model) {
    return new ModelBenchmark(
        model, new ModelBenchmark.Description("fake", "none", "a test", 1, 1, 0));
  }

  private static List<String> batches(String test) {
    FakeModel model = model(-1);
    List<String> batches = new ArrayList<>();
    model.beforeStep(
        batch ->
            batches.add(
                "%d at %d, %d rows"
                    .formatted(
                        batch.tokens(), batch.slices().getFirst().position(), batch.rows())));
    try (ModelBenchmark benchmark = benchmark(model)) {
      assertTrue(benchmark.run(BenchTest.of(test)) > 0);
    }
    assertTrue(model.isClosed());
    return batches;
  }

  @Test
  void aPromptIsReadInBatchesAsLargeAsMayBe() {
    assertEquals(
        List.of("16 at 0, 1 rows", "16 at 16, 1 rows", "8 at 32, 1 rows"), batches("pp40"));
  }

  @Test
  void decodingGoesTokenByToken() {
    assertEquals(List.of("1 at 0, 1 rows", "1 at 1, 1 rows", "1 at 2, 1 rows"), batches("tg3"));
  }

  @Test
  void nonsenseIsNotTimed() {
    try (ModelBenchmark benchmark = benchmark(model(POISON))) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> benchmark.run(new BenchTest(BenchTest.Kind.DECODE, CONTEXT)));
      assertTrue(String.valueOf(e.getMessage()).contains("is NaN"), e.getMessage());
    }
  }

  @Test
  void aTestLongerThanTheContextIsRefused() {
    try (ModelBenchmark benchmark = benchmark(model(-1))) {
      assertThrows(IllegalArgumentException.class, () -> benchmark.run(BenchTest.of("pp65")));
    }
  }

  static List<String> tinyModels() throws IOException, JsonException {
    return TinyModels.names();
  }

  /** Every tensor is read, but not an embedding that is only looked up in. */
  @ParameterizedTest
  @MethodSource("tinyModels")
  void theWeightsOfATokenAreThoseOfTheFile(String name)
      throws IOException, JsonException, ModelFormatException {
    Path file = TinyModels.writeGguf(name, folder);
    ModelBenchmark.Setup setup = new ModelBenchmark.Setup(1, Optional.of("scalar"), false, 8);
    try (ModelFiles files = ModelFiles.open(file);
        ModelBenchmark benchmark = ModelBenchmark.open(files, setup)) {
      long expected = 0;
      boolean ownOutput = false;
      long embedding = 0;
      for (Tensor tensor : files.weights().tensors()) {
        boolean rope = tensor.name().startsWith("rope_");
        expected += rope ? 0 : tensor.data().byteSize();
        embedding += tensor.name().equals("token_embd.weight") ? tensor.data().byteSize() : 0;
        ownOutput |= tensor.name().equals("output.weight");
      }
      assertEquals(
          ownOutput ? expected - embedding : expected, benchmark.description().weightBytes());
      assertEquals("scalar", benchmark.description().kernels());
      assertTrue(benchmark.run(BenchTest.of("tg8")) > 0);
    }
  }

  @Test
  void aContextLongerThanTheModelsIsRefused()
      throws IOException, JsonException, ModelFormatException {
    Path file = TinyModels.writeGguf("llama", folder);
    ModelBenchmark.Setup setup = new ModelBenchmark.Setup(1, Optional.empty(), false, 1 << 20);
    try (ModelFiles files = ModelFiles.open(file)) {
      Exception e =
          assertThrows(
              IllegalArgumentException.class, () -> ModelBenchmark.open(files, setup).close());
      assertTrue(String.valueOf(e.getMessage()).contains("the model was made for"));
    }
  }
}
