package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Done;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.grammar.Grammar;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.model.Batch;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.Logits;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.model.TinyModels;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logits have the same bits whether keys and values come from the prefix cache or not. */
@Timeout(120)
class CachedBitsTest {
  private static final int ANSWER = 12;

  @TempDir private Path folder;

  /** A model that keeps copies of all the rows it gives. */
  private static final class Recorder extends ForwardingModel {
    private final List<float[]> rows;

    Recorder(LanguageModel model, List<float[]> rows) {
      super(model);
      this.rows = rows;
    }

    @Override
    public Logits forward(Batch batch) {
      Logits logits = super.forward(batch);
      for (int i = 0; i < logits.rows(); i++) {
        float[] row = new float[vocabularySize()];
        logits.copyRow(i, row);
        rows.add(row);
      }
      return logits;
    }
  }

  /** An engine whose rows can be looked at. */
  private record Run(Engine engine, List<float[]> rows) implements AutoCloseable {
    /** The answer, greedy; the rows are those it was chosen from. */
    List<GenerationEvent> answer(int[] prompt, int n) {
      rows.clear();
      GenerationRequest request =
          new GenerationRequest(
              prompt,
              n,
              SamplingParams.GREEDY,
              0,
              new EndConditions(ANSWER, List.of(), true),
              Grammar.anything(),
              OptionalInt.of(20),
              OptionalInt.empty(),
              CacheScope.COMMON);
      List<GenerationEvent> events = new ArrayList<>();
      try (TokenStream stream = engine.submit(request)) {
        for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
          events.add(event);
        }
      }
      return events;
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  private static Run run(ModelFiles files, KernelSelection.Set set, boolean keepsPrefixes)
      throws Exception {
    ModelOptions options = new ModelOptions(256, 40, KvCache.Precision.HALF, 64, 8);
    ModelLoader loader = new ModelLoader(KernelSelection.forced(set), 2, _ -> options);
    List<float[]> rows = new ArrayList<>();
    Recorder model = new Recorder(loader.load((GgufFile) files.weights()), rows);
    Tokenizer tokenizer = files.text().tokenizer();
    EngineLimits limits = new EngineLimits(64, 8, 8, 64);
    return new Run(new Engine(model, tokenizer, Set.of(), limits, keepsPrefixes), rows);
  }

  @ParameterizedTest
  @EnumSource(KernelSelection.Set.class)
  void tinyModel(KernelSelection.Set set) throws Exception {
    int[] base = new Random(3).ints(100, 3, 250).toArray();
    int[] forked = base.clone();
    forked[80] = 7;
    try (ModelFiles files = ModelFiles.open(TinyModels.copy("chat/chat.gguf", folder));
        Run cold = run(files, set, false);
        Run warm = run(files, set, true)) {
      List<GenerationEvent> first = check(cold, warm, base, 0);
      int[] turn =
          Stream.of(base, ids(first).stream().mapToInt(id -> id).toArray(), new int[] {9, 8})
              .flatMapToInt(IntStream::of)
              .toArray();
      check(cold, warm, base, 99 / 32 * 32); // the last four tokens are in no full block
      check(cold, warm, forked, 80);
      check(cold, warm, turn, 96);
      check(cold, warm, turn, 96);
      checkContinuations(warm, forked, cold.answer(forked, 1));
    }
  }

  /** The same rows from both, the second from so many cached tokens on. */
  private static List<GenerationEvent> check(Run cold, Run warm, int[] prompt, int cached) {
    List<GenerationEvent> expected = cold.answer(prompt, 1);
    List<GenerationEvent> actual = warm.answer(prompt, 1);
    assertEquals(0, ((Done) expected.getLast()).cachedTokens());
    assertEquals(cached, ((Done) actual.getLast()).cachedTokens());
    assertEquals(ANSWER, cold.rows().size());
    assertEquals(ANSWER, warm.rows().size());
    for (int i = 0; i < ANSWER; i++) {
      assertArrayEquals(cold.rows().get(i), warm.rows().get(i));
    }
    assertEquals(ids(expected), ids(actual));
    return expected;
  }

  /** Continuations that start from each other's blocks give what each gives alone. */
  private static void checkContinuations(Run warm, int[] prompt, List<GenerationEvent> alone) {
    List<GenerationEvent> events = warm.answer(prompt, 5);
    for (int choice = 0; choice < 5; choice++) {
      assertEquals(ids(alone), ids(events, choice));
      assertTrue(Arrays.equals(logprobs(alone, 0), logprobs(events, choice)));
    }
  }

  private static List<Integer> ids(List<GenerationEvent> events) {
    return ids(events, 0);
  }

  private static List<Integer> ids(List<GenerationEvent> events, int choice) {
    return tokens(events, choice).stream().map(GeneratedToken::id).toList();
  }

  private static double[] logprobs(List<GenerationEvent> events, int choice) {
    return tokens(events, choice).stream()
        .flatMapToDouble(
            token -> Arrays.stream(Objects.requireNonNull(token.scores()).topLogprobs()))
        .toArray();
  }

  private static List<GeneratedToken> tokens(List<GenerationEvent> events, int choice) {
    return events.stream()
        .filter(event -> event instanceof Piece piece && piece.choice() == choice)
        .flatMap(event -> ((Piece) event).tokens().stream())
        .toList();
  }
}
