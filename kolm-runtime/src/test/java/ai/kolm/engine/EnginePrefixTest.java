package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Done;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.sampling.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What requests to an engine take over from each other, and how it is accounted for. */
@Timeout(60)
final class EnginePrefixTest {
  private static final int BLOCK = 4;
  private static final int[] PROMPT = IntStream.range(50, 70).toArray();

  private final FakeTokenizer tokenizer = FakeTokenizer.ofBytesAnd("word");
  private final int vocabulary = tokenizer.vocabulary().size();
  private final FakeModel model =
      new FakeModel(new FakeModel.Shape(vocabulary, 64, BLOCK, 64, 16, 16), -1);
  private final Oracle oracle = new Oracle(model, tokenizer, 64);

  private Engine engine(boolean keepsPrefixes) {
    return new Engine(model, tokenizer, Set.of(), new EngineLimits(16, 4, 3, 100), keepsPrefixes);
  }

  private static GenerationRequest request(int[] prompt) {
    return GenerationRequest.of(prompt, new EndConditions(6, List.of(), true));
  }

  /** Checks the answer, and tells how much of the prompt was not computed. */
  private int cached(Engine engine, GenerationRequest request) {
    List<Integer> ids = new ArrayList<>();
    int cached = -1;
    try (TokenStream stream = engine.submit(request)) {
      for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
        if (event instanceof Piece piece) {
          piece.tokens().stream().map(GeneratedToken::id).forEach(ids::add);
        } else if (event instanceof Done done) {
          cached = done.cachedTokens();
        }
      }
    }
    assertEquals(oracle.answer(request, 0).tokens(), ids);
    return cached;
  }

  private static void awaitIdle(Engine engine) throws InterruptedException {
    for (int i = 0; i < 5000 && engine.metrics().usedBlocks() > 0; i++) {
      Thread.sleep(1);
    }
  }

  @Test
  void aRepeatedPromptIsComputedOnceAndCounted() throws InterruptedException {
    try (Engine engine = engine(true)) {
      assertEquals(0, cached(engine, request(PROMPT)));
      awaitIdle(engine);
      long computed = engine.metrics().computedTokens();
      assertEquals(20 + 5, computed);
      assertEquals(19, cached(engine, request(PROMPT)));
      awaitIdle(engine);
      EngineMetrics metrics = engine.metrics();
      assertEquals(computed + 1 + 5, metrics.computedTokens());
      assertEquals(1, metrics.prefixHits());
      assertEquals(19, metrics.cachedTokens());
      assertEquals(0, metrics.usedBlocks());
      assertTrue(metrics.keptBlocks() >= 6, metrics.toString());
    }
  }

  @Test
  void scopesAreKeptApart() {
    try (Engine engine = engine(true)) {
      CacheScope one = CacheScope.of("one");
      assertEquals(0, cached(engine, request(PROMPT).withCacheScope(one)));
      assertEquals(0, cached(engine, request(PROMPT)));
      assertEquals(0, cached(engine, request(PROMPT).withCacheScope(new CacheScope("", "one"))));
      assertEquals(19, cached(engine, request(PROMPT).withCacheScope(one)));
    }
  }

  @Test
  void switchedOffNothingIsKept() throws InterruptedException {
    try (Engine engine = engine(false)) {
      assertEquals(0, cached(engine, request(PROMPT)));
      assertEquals(0, cached(engine, request(PROMPT)));
      awaitIdle(engine);
      assertEquals(0, engine.metrics().keptBlocks());
      assertEquals(0, engine.metrics().prefixHits());
    }
  }

  @Test
  void scoresOfAPromptAreComputedWhateverIsCached() {
    try (Engine engine = engine(true)) {
      cached(engine, request(PROMPT));
      List<TokenScores> scores = engine.score(PROMPT, 0);
      assertEquals(PROMPT.length - 1, scores.size());
      for (int i = 1; i < PROMPT.length; i++) {
        float[] row = model.row(Arrays.copyOf(PROMPT, i));
        assertEquals(TokenScores.of(row, PROMPT[i], 0).logprob(), scores.get(i - 1).logprob());
      }
      assertEquals(0, engine.metrics().prefixHits());
    }
  }

  /** A step that fails has perhaps written half of what it should have. */
  @Test
  void whatAFailedStepWroteIsNotUsed() {
    try (Engine engine = engine(true)) {
      AtomicInteger steps = new AtomicInteger();
      model.beforeStep(
          batch -> {
            if (steps.incrementAndGet() == 2) {
              throw new IllegalStateException("broken");
            }
          });
      assertThrows(ModelFailureException.class, () -> cached(engine, request(PROMPT)));
      model.beforeStep(batch -> {});
      assertEquals(0, cached(engine, request(PROMPT)));
      assertEquals(19, cached(engine, request(PROMPT)));
    }
  }

  @Test
  void whatACancelledRequestComputedIsUsed() throws InterruptedException {
    try (Engine engine = engine(true)) {
      TokenStream stream = engine.submit(request(PROMPT));
      stream.next();
      stream.close();
      awaitIdle(engine);
      assertTrue(cached(engine, request(PROMPT)) >= 16);
    }
  }

  @Test
  void requestsOfManyPromptsDisplaceTheOldest() {
    try (Engine engine = engine(true)) {
      for (int i = 0; i < 20; i++) {
        int first = 3 + i;
        cached(engine, request(IntStream.range(first, first + 40).toArray()));
      }
      assertEquals(0, cached(engine, request(IntStream.range(3, 43).toArray())));
      assertEquals(39, cached(engine, request(IntStream.range(22, 62).toArray())));
    }
  }
}
