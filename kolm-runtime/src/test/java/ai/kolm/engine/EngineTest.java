package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Done;
import ai.kolm.engine.GenerationEvent.Finished;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.model.Batch;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.sampling.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EngineTest {
  private static final int POISON = 40;

  private final FakeTokenizer tokenizer = FakeTokenizer.ofBytesAnd("word", "é", "stop");
  private final int vocabulary = tokenizer.vocabulary().size();
  private final FakeModel model =
      new FakeModel(new FakeModel.Shape(vocabulary + 5, 64, 4, 32, 16, 8), POISON);
  private final Engine engine =
      new Engine(model, tokenizer, Set.of(), new EngineLimits(16, 4, 3, 8));
  private final Oracle oracle = new Oracle(model, tokenizer, 64);

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    if (!model.isClosed()) {
      awaitIdle();
    }
    engine.close();
    assertTrue(model.isClosed());
    assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(EngineTest::isEngine));
  }

  private static boolean isEngine(Thread thread) {
    return thread.getName().equals("kolm-engine") && thread.isAlive();
  }

  private void awaitIdle() throws InterruptedException {
    await(metrics -> metrics.usedBlocks() == 0 && metrics.queuedRequests() == 0);
  }

  /** Metrics are those of the end of a step, a moment after its events. */
  private void await(Predicate<EngineMetrics> condition) throws InterruptedException {
    for (int i = 0; i < 5000 && !condition.test(engine.metrics()); i++) {
      Thread.sleep(1);
    }
    assertTrue(condition.test(engine.metrics()), () -> engine.metrics().toString());
  }

  private static int[] prompt(int length) {
    return IntStream.range(0, length).map(i -> 50 + i % 100).toArray();
  }

  private static GenerationRequest request(int length, int maxTokens) {
    return GenerationRequest.of(prompt(length), new EndConditions(maxTokens, List.of(), true));
  }

  private static List<GenerationEvent> drain(TokenStream stream) {
    List<GenerationEvent> events = new ArrayList<>();
    for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
      events.add(event);
    }
    return events;
  }

  private static List<Integer> ids(List<GenerationEvent> events, int choice) {
    List<Integer> ids = new ArrayList<>();
    for (GenerationEvent event : events) {
      if (event instanceof Piece piece && piece.choice() == choice) {
        piece.tokens().stream().map(GeneratedToken::id).forEach(ids::add);
      }
    }
    return ids;
  }

  private static void assertSays(String part, Throwable e) {
    assertTrue(e.toString().contains(part), e.toString());
  }

  private static EndReason reason(List<GenerationEvent> events) {
    return events.stream()
        .filter(Finished.class::isInstance)
        .map(event -> ((Finished) event).reason())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void generatesWhatTheModelSaysAndAccountsForIt() {
    GenerationRequest request = request(10, 20);
    List<GenerationEvent> events = drain(engine.submit(request));
    assertEquals(oracle.answer(request, 0).tokens(), ids(events, 0));
    assertEquals(EndReason.LENGTH, reason(events));
    Done done = assertInstanceOf(Done.class, events.getLast());
    assertEquals(10, done.promptTokens());
    assertEquals(20, done.generatedTokens());
    assertTrue(done.timings().prefill().isPositive() && done.timings().decode().isPositive());
  }

  @Test
  void warmingUpLeavesNothingBehindAndChangesNoAnswer() throws InterruptedException {
    engine.warmUp();
    awaitIdle();
    assertTrue(engine.metrics().generatedTokens() > 0, "it has computed");
    GenerationRequest request = request(10, 20);
    assertEquals(oracle.answer(request, 0).tokens(), ids(drain(engine.submit(request)), 0));
  }

  @Test
  void stopTokensEndAnAnswerUnlessIgnored() throws InterruptedException {
    Map<Integer, Float> likely = Map.of(FakeTokenizer.END, 100f);
    SamplingParams params = new SamplingParams(1, 0, 1, 0, 1, 1, 0, 0, likely);
    GenerationRequest ending =
        GenerationRequest.of(prompt(5), EndConditions.atMost(9)).withSampling(params, 1);
    List<GenerationEvent> events = drain(engine.submit(ending));
    assertEquals(EndReason.END_OF_TEXT, reason(events));
    assertEquals(List.of(), ids(events, 0));
    assertEquals(1, ((Done) events.getLast()).generatedTokens());
    GenerationRequest ignoring = request(5, 9).withSampling(params, 1);
    assertEquals(9, ids(drain(engine.submit(ignoring)), 0).size());
  }

  @Test
  void anAnswerEndsWithTheContext() {
    List<GenerationEvent> events = drain(engine.submit(request(60, 1000)));
    assertEquals(4, ids(events, 0).size());
    assertEquals(EndReason.LENGTH, reason(events));
  }

  @Test
  void refusesWhatCannotBeAnswered() {
    ContextLengthExceededException tooLong =
        assertThrows(ContextLengthExceededException.class, () -> engine.submit(request(64, 1)));
    assertEquals(64, tooLong.promptTokens());
    assertEquals(64, tooLong.contextLength());
    assertSays("maximum context length is 64 tokens", tooLong);
    GenerationRequest unknown =
        GenerationRequest.of(new int[] {5, vocabulary}, EndConditions.atMost(1));
    InvalidRequestException e =
        assertThrows(InvalidRequestException.class, () -> engine.submit(unknown));
    assertEquals("prompt", e.parameter());
    SamplingParams biased = new SamplingParams(1, 0, 1, 0, 1, 1, 0, 0, Map.of(vocabulary, 1f));
    GenerationRequest bias = request(3, 3).withSampling(biased, 0);
    e = assertThrows(InvalidRequestException.class, () -> engine.submit(bias));
    assertEquals("logit_bias", e.parameter());
  }

  @Test
  void refusesMoreThanTheQueueHoldsAndSaysWhenToTryAgain() throws InterruptedException {
    CountDownLatch go = blockSteps();
    List<TokenStream> streams = new ArrayList<>();
    streams.add(engine.submit(request(60, 4)));
    OverloadedException e =
        assertThrows(
            OverloadedException.class,
            () -> IntStream.range(0, 10).forEach(i -> streams.add(engine.submit(request(60, 4)))));
    assertTrue(e.retryAfter().toSeconds() >= 1 && e.retryAfter().toSeconds() <= 60);
    assertTrue(streams.size() <= 1 + 3);
    go.countDown();
    streams.forEach(stream -> assertEquals(4, ids(drain(stream), 0).size()));
    assertTrue(drain(engine.submit(request(5, 1))).size() == 3);
    await(metrics -> metrics.rejected() == 1);
  }

  /** The model waits in every step until the latch is counted down. */
  private CountDownLatch blockSteps() {
    CountDownLatch go = new CountDownLatch(1);
    model.beforeStep(
        batch -> {
          try {
            assertTrue(go.await(30, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    return go;
  }

  @Test
  void scoresAreThoseOfEveryRowHoweverThePromptIsCut() {
    int[] ids = prompt(63);
    List<TokenScores> scores = engine.score(ids, 20);
    assertEquals(62, scores.size());
    for (int i = 1; i < ids.length; i++) {
      float[] row = Arrays.copyOf(model.row(Arrays.copyOf(ids, i)), vocabulary);
      TokenScores expected = TokenScores.of(row, ids[i], 20);
      assertEquals(expected.logprob(), scores.get(i - 1).logprob());
      assertArrayEquals(expected.topIds(), scores.get(i - 1).topIds());
    }
    assertEquals(List.of(), engine.score(new int[] {7}, 0));
    assertEquals(63, engine.score(prompt(64), 0).size());
  }

  @Test
  void generatedTokensCarryTheScoresOfTheModelItself() {
    SamplingParams params = new SamplingParams(0.5f, 5, 1, 0, 1, 1.3f, 1, 1, Map.of(60, 5f));
    GenerationRequest request =
        new GenerationRequest(
            prompt(5),
            2,
            params,
            3,
            new EndConditions(6, List.of(), true),
            Grammar.anything(),
            OptionalInt.of(3),
            OptionalInt.of(0),
            CacheScope.COMMON);
    List<GenerationEvent> events = drain(engine.submit(request));
    assertEquals(4, events.stream().filter(GenerationEvent.PromptToken.class::isInstance).count());
    for (int choice = 0; choice < 2; choice++) {
      List<Integer> tokens = new ArrayList<>(Arrays.stream(prompt(5)).boxed().toList());
      for (GenerationEvent event : events) {
        if (event instanceof Piece piece && piece.choice() == choice) {
          for (GeneratedToken token : piece.tokens()) {
            int[] before = tokens.stream().mapToInt(id -> id).toArray();
            float[] row = Arrays.copyOf(model.row(before), vocabulary);
            TokenScores scores = Objects.requireNonNull(token.scores());
            TokenScores expected = TokenScores.of(row, token.id(), 3);
            assertEquals(expected.logprob(), scores.logprob());
            assertArrayEquals(expected.topLogprobs(), scores.topLogprobs());
            tokens.add(token.id());
          }
        }
      }
      assertEquals(11, tokens.size());
    }
  }

  @Test
  void closingAStreamFreesItsBlocksWithinAStep() throws InterruptedException {
    TokenStream stream = engine.submit(request(10, 50));
    assertInstanceOf(Piece.class, stream.next());
    CountDownLatch go = blockSteps();
    stream.close();
    stream.close();
    long steps = engine.metrics().steps();
    go.countDown();
    await(metrics -> metrics.cancelled() == 1 && metrics.usedBlocks() == 0);
    assertTrue(engine.metrics().steps() <= steps + 3);
  }

  @Test
  void aRequestCanBeCancelledInTheQueueAndInPrefill() {
    CountDownLatch go = blockSteps();
    TokenStream prefilling = engine.submit(request(60, 4));
    List<TokenStream> queued =
        List.of(engine.submit(request(60, 4)), engine.submit(request(60, 4)));
    prefilling.close();
    queued.forEach(TokenStream::close);
    go.countDown();
    assertEquals(EndReason.CANCELLED, reason(drain(prefilling)));
    queued.forEach(stream -> assertEquals(EndReason.CANCELLED, reason(drain(stream))));
    assertTrue(engine.metrics().steps() <= 2);
  }

  @Test
  void interruptingTheReaderClosesTheStream() throws InterruptedException {
    CountDownLatch go = blockSteps();
    List<GenerationEvent> events = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  events.addAll(drain(engine.submit(request(10, 50))));
                  assertTrue(Thread.currentThread().isInterrupted());
                });
    reader.interrupt();
    go.countDown();
    reader.join();
    assertEquals(EndReason.CANCELLED, reason(events));
    assertInstanceOf(Done.class, events.getLast());
  }

  @Test
  void aReaderThatDoesNotReadPausesItsOwnAnswerOnly() throws InterruptedException {
    GenerationRequest slow = request(10, 50);
    TokenStream unread = engine.submit(slow);
    for (int i = 0; i < 20; i++) {
      assertEquals(40, ids(drain(engine.submit(request(20, 40))), 0).size());
    }
    assertTrue(engine.metrics().generatedTokens() <= 20 * 40 + 24);
    assertEquals(oracle.answer(slow, 0).tokens(), ids(drain(unread), 0));
  }

  @Test
  void moreStalledReadersThanPlacesStopNobody() {
    List<TokenStream> unread = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      unread.add(engine.submit(request(10, 50)));
      assertEquals(20, ids(drain(engine.submit(request(30, 20))), 0).size());
    }
    unread.forEach(stream -> assertEquals(50, ids(drain(stream), 0).size()));
  }

  @Test
  void badLogitsEndTheirRequestOnly() {
    TokenStream good = engine.submit(request(10, 40));
    int[] bad = {50, 51, POISON};
    TokenStream failing = engine.submit(GenerationRequest.of(bad, EndConditions.atMost(10)));
    ModelFailureException e = assertThrows(ModelFailureException.class, () -> drain(failing));
    assertSays("the logit of token 5 is NaN", e);
    assertThrows(ModelFailureException.class, failing::next);
    assertEquals(40, ids(drain(good), 0).size());
    assertThrows(ModelFailureException.class, () -> engine.score(new int[] {POISON, 50}, 1));
  }

  @Test
  void aFailingGrammarEndsItsRequestOnly() throws InterruptedException {
    TokenStream good = engine.submit(request(10, 40));
    for (int kind = 0; kind < 3; kind++) {
      TokenStream failing = engine.submit(constrained(new FailingGrammar(kind), 2));
      assertThrows(ModelFailureException.class, () -> drain(failing));
    }
    assertEquals(40, ids(drain(good), 0).size());
    await(metrics -> metrics.failed() == 3);
  }

  /** No token comes behind the one the grammar still allowed. */
  @Test
  void aGrammarOutOfFuelEndsItsAnswerInTheMiddle() throws InterruptedException {
    TokenStream failing = engine.submit(constrained(new FailingGrammar(3), 1));
    List<GenerationEvent> events = new ArrayList<>();
    GrammarRefusedException refusal =
        assertThrows(
            GrammarRefusedException.class,
            () -> {
              for (GenerationEvent e = failing.next(); e != null; e = failing.next()) {
                events.add(e);
              }
            });
    assertEquals("fuel", refusal.reason().subject());
    assertEquals(List.of(10), ids(events, 0));
  }

  private static GenerationRequest constrained(Grammar grammar, int n) {
    return new GenerationRequest(
        prompt(9),
        n,
        SamplingParams.DEFAULT,
        1,
        EndConditions.atMost(30),
        grammar,
        OptionalInt.empty(),
        OptionalInt.empty(),
        CacheScope.COMMON);
  }

  @Test
  void aGrammarDecidesWhatIsSaid() {
    for (boolean endToken : new boolean[] {true, false}) {
      NonceGrammar grammar = new NonceGrammar(new int[] {60, 70, 80}, 4, vocabulary, endToken);
      List<GenerationEvent> events = drain(engine.submit(constrained(grammar, 1)));
      assertEquals(List.of(60, 70, 80, 60, 70, 80, 60, 70, 80, 60, 70, 80), ids(events, 0));
      assertEquals(EndReason.END_OF_TEXT, reason(events));
    }
  }

  @Test
  void aFailingStepEndsItsRequestsAndTheEngineGoesOn() {
    model.beforeStep(
        batch -> {
          throw new IllegalStateException("broken");
        });
    TokenStream failing = engine.submit(request(10, 40));
    ModelFailureException e = assertThrows(ModelFailureException.class, () -> drain(failing));
    assertSays("broken", e);
    model.beforeStep(batch -> {});
    assertEquals(4, ids(drain(engine.submit(request(10, 4))), 0).size());
  }

  @Test
  void anErrorOfTheModelEndsTheEngineAndEverybodyIsTold() throws InterruptedException {
    CountDownLatch go = blockSteps();
    List<TokenStream> streams = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      streams.add(engine.submit(request(10, 40)));
    }
    model.beforeStep(
        batch -> {
          throw new InternalError("a fault while reading memory");
        });
    go.countDown();
    for (TokenStream stream : streams) {
      ModelFailureException e = assertThrows(ModelFailureException.class, () -> drain(stream));
      assertSays("a fault while reading memory", e);
    }
    assertThrows(ModelFailureException.class, () -> engine.submit(request(10, 4)));
    engine.close();
    assertTrue(model.isClosed());
  }

  @Test
  void closingTheEngineEndsEveryRequest() {
    TokenStream running = engine.submit(request(10, 50));
    assertNotNull(running.next());
    List<TokenStream> streams = new ArrayList<>(List.of(running));
    IntStream.range(0, 2).forEach(i -> streams.add(engine.submit(request(10, 50))));
    engine.close();
    streams.forEach(stream -> assertThrows(EngineClosedException.class, () -> drain(stream)));
    assertThrows(EngineClosedException.class, () -> engine.submit(request(10, 4)));
    running.close();
    engine.close();
  }

  @Test
  void theEndOfAStreamStaysTheEnd() {
    TokenStream stream = engine.submit(request(5, 2));
    drain(stream);
    assertNull(stream.next());
    stream.close();
    assertNull(stream.next());
  }

  @Test
  void theFakeNoticesAWrongBlock() {
    FakeModel other = new FakeModel(new FakeModel.Shape(10, 8, 2, 4, 8, 8), -1);
    other.forward(new Batch(List.of(new Batch.Slice(new int[] {1, 2, 3}, 0, blocks(0, 1), 0))));
    float[] right = new float[10];
    float[] wrong = new float[10];
    Batch.Slice good = new Batch.Slice(new int[] {4}, 3, blocks(0, 1), 1);
    Batch.Slice bad = new Batch.Slice(new int[] {4}, 3, blocks(2, 1), 1);
    other.forward(new Batch(List.of(good))).copyRow(0, right);
    other.forward(new Batch(List.of(bad))).copyRow(0, wrong);
    assertArrayEquals(other.row(new int[] {1, 2, 3, 4}), right);
    assertFalse(Arrays.equals(right, wrong));
  }

  private static int[] blocks(int... ids) {
    return ids;
  }
}
