package ai.kolm.embedding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.RunOptions;
import ai.kolm.engine.EngineClosedException;
import ai.kolm.engine.EngineLimits;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.engine.OverloadedException;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** all-MiniLM-L6-v2 against vectors that PyTorch computed in single precision. */
final class EmbeddingsTest {
  private static final double TOLERANCE = 2e-6;

  /** The reference cuts there; we refuse what is longer than the model. */
  private static final int REFERENCE_TOKENS = 256;

  private record Row(String text, int[] ids, float[] vector) {}

  private static final List<Row> ROWS = new ArrayList<>();
  private static Embeddings embeddings;

  @BeforeAll
  static void open() throws Exception {
    embeddings = Embeddings.open(ReferenceData.minilm());
    try (InputStream in =
        EmbeddingsTest.class.getResourceAsStream("/golden/embeddings/minilm.json")) {
      if (in == null) {
        throw new IOException("no golden vectors");
      }
      JsonObject golden = JsonReader.readObject(in.readAllBytes(), JsonLimits.DEFAULT);
      for (JsonObject row : golden.objects("rows")) {
        ROWS.add(
            new Row(row.string("text"), ints(row.array("ids")), floats(row.array("embedding"))));
      }
    }
    assertEquals(24, ROWS.size());
  }

  @AfterAll
  static void close() {
    if (embeddings != null) {
      embeddings.close();
    }
  }

  private static int[] ints(List<Json> items) {
    return items.stream().mapToInt(item -> (int) ((Json.Int) item).value()).toArray();
  }

  private static float[] floats(List<Json> items) {
    float[] values = new float[items.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          items.get(i) instanceof Json.Int whole
              ? whole.value()
              : (float) ((Json.Real) items.get(i)).value();
    }
    return values;
  }

  private static List<EmbeddingInput> texts() {
    List<EmbeddingInput> inputs = new ArrayList<>();
    for (Row row : ROWS) {
      int[] content = java.util.Arrays.copyOfRange(row.ids(), 1, row.ids().length - 1);
      inputs.add(
          row.ids().length == REFERENCE_TOKENS
              ? new EmbeddingInput.Tokens(content)
              : new EmbeddingInput.Text(row.text()));
    }
    return inputs;
  }

  private static void check(EmbeddingResponse response) {
    double worst = 0;
    for (int i = 0; i < ROWS.size(); i++) {
      float[] expected = ROWS.get(i).vector();
      float[] actual = response.vectors().get(i);
      assertEquals(expected.length, actual.length);
      for (int d = 0; d < expected.length; d++) {
        worst = Math.max(worst, Math.abs(expected[d] - actual[d]));
      }
    }
    System.out.printf("off the reference by at most %.2g%n", worst);
    assertTrue(worst <= TOLERANCE, "off by " + worst);
    assertEquals(ROWS.stream().mapToInt(row -> row.ids().length).sum(), response.tokens());
  }

  @Test
  void vectorsAreThoseOfTheReference() {
    check(embeddings.embed(texts(), OptionalInt.empty()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector", "emitted"})
  void allKernelsAgree(String kernels) throws Exception {
    RunOptions options = RunOptions.DEFAULT.withThreads(2).withKernels(kernels);
    Embeddings other;
    try {
      other = Embeddings.of(ModelFiles.open(ReferenceData.minilm()), options);
    } catch (IllegalStateException e) {
      org.junit.jupiter.api.Assumptions.abort(kernels + " cannot run here: " + e.getMessage());
      return;
    }
    try (other) {
      assertTrue(other.kernelName().startsWith(kernels), other.kernelName());
      List<EmbeddingInput> few = texts().subList(0, 3);
      List<float[]> vectors = other.embed(few, OptionalInt.empty()).vectors();
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(ROWS.get(i).vector(), vectors.get(i), (float) TOLERANCE);
      }
    }
  }

  /** What the reference asks of weights or activations of 8 bits. */
  @Test
  void vectorsOfBytesAreClose() throws Exception {
    double least = leastCosine(RunOptions.DEFAULT.withEmbeddingBits(8));
    assertTrue(least >= 0.999, "cosine " + least);
  }

  @Test
  void vectorsOfWordsAreVeryClose() throws Exception {
    double least = leastCosine(RunOptions.DEFAULT.withEmbeddingBits(16));
    assertTrue(least >= 0.9999, "cosine " + least);
  }

  /** Of texts together, which have the same bits alone, to the reference. */
  private static double leastCosine(RunOptions options) throws Exception {
    boolean bytes = options.encoderBits() == 8;
    try (Embeddings rounded =
        Embeddings.of(ModelFiles.open(ReferenceData.minilm()), options.withThreads(2))) {
      assertEquals("D1", rounded.determinism());
      List<float[]> together = rounded.embed(texts(), OptionalInt.empty()).vectors();
      double least = 1;
      double sum = 0;
      int count = 0;
      for (int i = 0; i < ROWS.size(); i++) {
        List<EmbeddingInput> alone = texts().subList(i, i + 1);
        float[] vector = rounded.embed(alone, OptionalInt.empty()).vectors().getFirst();
        assertArrayEquals(together.get(i), vector, "row " + i);
        if (bytes && ROWS.get(i).ids().length == 2) {
          continue; // nothing between the special tokens: not a text that anybody asks for
        }
        double cosine = cosine(ROWS.get(i).vector(), vector);
        sum += cosine;
        count++;
        least = Math.min(least, cosine);
      }
      System.out.printf(
          "%s, %d bits: cosine to the reference at least %.7f, mean %.7f%n",
          rounded.kernelName(), options.encoderBits(), least, sum / count);
      return least;
    }
  }

  private static double cosine(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Test
  void aVectorDoesNotDependOnItsBatch() {
    List<float[]> together = embeddings.embed(texts(), OptionalInt.empty()).vectors();
    for (int i = 0; i < ROWS.size() - 1; i++) {
      assertArrayEquals(together.get(i), embeddings.embed(ROWS.get(i).text()), "row " + i);
    }
    List<float[]> vectors = embeddings.embed(manyTexts(), OptionalInt.empty()).vectors();
    for (int i = 0; i < 300; i++) {
      assertArrayEquals(together.get(i % 20), vectors.get(i), "row " + i);
    }
  }

  /** More texts than one step takes, so that there is a step after the first. */
  private static List<EmbeddingInput> manyTexts() {
    List<EmbeddingInput> many = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      many.addAll(texts().subList(i % 20, i % 20 + 1));
    }
    return many;
  }

  @Test
  void whoHasGoneGetsNothingComputed() {
    AtomicInteger asked = new AtomicInteger();
    assertThrows(
        CancellationException.class,
        () ->
            embeddings.embed(manyTexts(), OptionalInt.empty(), () -> asked.incrementAndGet() == 1));
    assertEquals(1, asked.get(), "steps go on for nobody");
    AtomicInteger steps = new AtomicInteger();
    embeddings.embed(manyTexts(), OptionalInt.empty(), () -> steps.incrementAndGet() < 0);
    assertTrue(steps.get() > 1, "all in one step");
  }

  /** Waits for its end, but not for ever. */
  private static void finish(Thread thread) {
    try {
      boolean ignored = thread.join(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void fewTextsDoNotWaitForAllOfMany() {
    AtomicInteger asked = new AtomicInteger();
    List<float[]> other = new CopyOnWriteArrayList<>();
    Thread thread = new Thread(() -> other.add(embeddings.embed("a")));
    BooleanSupplier during =
        () -> {
          switch (asked.incrementAndGet()) {
            case 1 -> {
              thread.start();
              while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait(); // until it waits for its turn
              }
            }
            case 2 -> {
              finish(thread); // it has had its turn, and needs none to hand over its vector
              assertEquals(1, other.size(), "waits for the whole request");
            }
            default -> {}
          }
          return false;
        };
    embeddings.embed(manyTexts(), OptionalInt.empty(), during);
    assertArrayEquals(embeddings.embed("a"), other.getFirst());
  }

  @Test
  void requestsThatAreTooManyAreToldToComeAgain() throws Exception {
    RunOptions one = RunOptions.DEFAULT.withLimits(new EngineLimits(64, 1, 1, 64));
    List<EmbeddingInput> text = texts().subList(0, 1);
    try (Embeddings small = Embeddings.of(ModelFiles.open(ReferenceData.minilm()), one)) {
      List<OverloadedException> refused = new ArrayList<>();
      BooleanSupplier third =
          () -> {
            refused.add(assertThrows(OverloadedException.class, () -> small.embed("c")));
            return false;
          };
      BooleanSupplier second =
          () -> {
            small.embed(text, OptionalInt.empty(), third);
            return false;
          };
      small.embed(text, OptionalInt.empty(), second);
      assertEquals(1, refused.size());
      assertTrue(refused.getFirst().retryAfter().toSeconds() >= 1);
      assertEquals(384, small.embed("c").length, "there is room again");
    }
  }

  @Test
  void aLongTextIsRefusedNotCut() {
    InvalidRequestException refused =
        assertThrows(InvalidRequestException.class, () -> embeddings.embed("word ".repeat(600)));
    assertTrue(String.valueOf(refused.getMessage()).contains("602"), refused.getMessage());
    EmbeddingInput unknown = new EmbeddingInput.Tokens(new int[] {40_000});
    assertThrows(
        InvalidRequestException.class,
        () -> embeddings.embed(List.of(unknown), OptionalInt.empty()));
  }

  @Test
  void onlySizesThatTheModelKnowsCanBeHad() {
    List<EmbeddingInput> one = texts().subList(0, 1);
    assertEquals(384, embeddings.embed(one, OptionalInt.of(384)).vectors().getFirst().length);
    for (int size : new int[] {128, 385}) {
      assertThrows(
          InvalidRequestException.class, () -> embeddings.embed(one, OptionalInt.of(size)));
    }
  }

  @Test
  void whatIsClosedSaysSo() throws Exception {
    Embeddings other = Embeddings.open(ReferenceData.minilm());
    other.close();
    assertThrows(EngineClosedException.class, () -> other.embed("x"));
    other.close();
  }
}
