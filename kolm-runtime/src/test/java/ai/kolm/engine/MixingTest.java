package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Finished;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many requests at a time, many with common beginnings, a third of them abandoned midway: each must
 * get exactly what it gets alone. Also with a cache that holds one sequence, with one token per
 * step, with readers that pause, and with everything at once.
 */
@Timeout(300)
final class MixingTest {
  private static final int STREAMS = 32;
  private static final int CONTEXT = 96;

  private final FakeTokenizer tokenizer =
      FakeTokenizer.ofBytesAnd("the ", "of ", "é", "😀", "stop", "ab", "\n\n");
  private final int vocabulary = tokenizer.vocabulary().size();

  @Test
  void withRoomForAll() throws Exception {
    EngineMetrics metrics = mix(20, 2500, 64, 64, new EngineLimits(64, 32, 64, 8));
    assertEquals(0, metrics.preemptions());
  }

  @Test
  void withACacheThatIsAlwaysFull() throws Exception {
    EngineMetrics metrics = mix(15, 40, 64, 64, new EngineLimits(64, 32, 64, 8));
    assertTrue(metrics.preemptions() > 100, metrics.toString());
  }

  @Test
  void withACacheOfOneSequence() throws Exception {
    mix(5, CONTEXT / 4, 64, 64, new EngineLimits(64, 32, 64, 2));
  }

  @Test
  void withOneTokenPerStep() throws Exception {
    mix(3, 400, 1, 1, new EngineLimits(64, 32, 64, 1));
  }

  @Test
  void withStreamsOfOneEvent() throws Exception {
    mix(10, 60, 16, 5, new EngineLimits(16, 4, 64, 1));
  }

  @Test
  void withoutAPrefixCache() throws Exception {
    EngineMetrics metrics = mix(10, 200, 64, 64, new EngineLimits(64, 32, 64, 8), false);
    assertEquals(0, metrics.keptBlocks());
  }

  private EngineMetrics mix(int rounds, int blocks, int tokens, int rows, EngineLimits limits)
      throws Exception {
    EngineMetrics metrics = mix(rounds, blocks, tokens, rows, limits, true);
    assertTrue(metrics.prefixHits() > 0 && metrics.keptBlocks() > 0, metrics.toString());
    return metrics;
  }

  private EngineMetrics mix(
      int rounds, int blocks, int tokens, int rows, EngineLimits limits, boolean keepsPrefixes)
      throws Exception {
    FakeModel model =
        new FakeModel(new FakeModel.Shape(vocabulary, CONTEXT, 4, blocks, tokens, rows), -1);
    Oracle oracle = new Oracle(model, tokenizer, CONTEXT);
    EngineMetrics metrics;
    try (Engine engine = new Engine(model, tokenizer, Set.of(), limits, keepsPrefixes)) {
      runStreams(rounds, engine, oracle);
      metrics = awaitIdle(engine);
      assertEquals(0, metrics.usedBlocks());
      assertEquals(0, metrics.failed());
      assertEquals((long) STREAMS * rounds, metrics.completed() + metrics.cancelled());
      assertTrue(metrics.cancelled() > STREAMS * rounds / 20, metrics.toString());
    }
    assertTrue(model.isClosed());
    return metrics;
  }

  private static EngineMetrics awaitIdle(Engine engine) throws InterruptedException {
    for (int i = 0; i < 5000 && engine.metrics().usedBlocks() > 0; i++) {
      Thread.sleep(1);
    }
    return engine.metrics();
  }

  private void runStreams(int rounds, Engine engine, Oracle oracle)
      throws InterruptedException, ExecutionException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> streams = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        Random random = new Random(i);
        streams.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < rounds; round++) {
                    one(random, engine, oracle);
                  }
                  return null;
                }));
      }
      for (Future<?> stream : streams) {
        stream.get();
      }
    }
  }

  private void one(Random random, Engine engine, Oracle oracle) throws InterruptedException {
    GenerationRequest request = request(random);
    int events = random.nextInt(10) < 3 ? random.nextInt(20) : Integer.MAX_VALUE;
    boolean slow = random.nextInt(10) == 0;
    List<StringBuilder> texts = new ArrayList<>();
    List<List<Integer>> tokens = new ArrayList<>();
    for (int choice = 0; choice < request.n(); choice++) {
      texts.add(new StringBuilder());
      tokens.add(new ArrayList<>());
    }
    Map<EndReason, Integer> ends = new EnumMap<>(EndReason.class);
    try (TokenStream stream = engine.submit(request)) {
      GenerationEvent event = null;
      for (int i = 0; i < events && (i == 0 || event != null); i++) {
        event = stream.next();
        if (event instanceof Piece piece) {
          texts.get(piece.choice()).append(piece.text());
          piece.tokens().stream().map(GeneratedToken::id).forEach(tokens.get(piece.choice())::add);
        } else if (event instanceof Finished finished) {
          check(oracle.answer(request, finished.choice()), finished, texts, tokens);
          ends.merge(finished.reason(), 1, Integer::sum);
        }
        if (slow && i % 16 == 0) {
          Thread.sleep(2);
        }
      }
    }
    for (int choice = 0; choice < request.n(); choice++) {
      Oracle.Expected expected = oracle.answer(request, choice);
      assertTrue(expected.text().startsWith(texts.get(choice).toString()));
      List<Integer> seen = tokens.get(choice);
      assertEquals(expected.tokens().subList(0, seen.size()), seen);
    }
    assertFalse(ends.containsKey(EndReason.CANCELLED));
  }

  private static void check(
      Oracle.Expected expected,
      Finished finished,
      List<StringBuilder> texts,
      List<List<Integer>> tokens) {
    assertEquals(expected.reason(), finished.reason());
    assertEquals(expected.text(), texts.get(finished.choice()).toString());
    List<Integer> seen = tokens.get(finished.choice());
    if (expected.reason() == EndReason.LENGTH) {
      assertEquals(expected.tokens(), seen);
    }
  }

  private GenerationRequest request(Random random) {
    int[] prompt = prompt(random);
    boolean constrained = random.nextInt(5) == 0;
    List<String> stops = random.nextBoolean() ? List.of() : List.of("the of", "p", "\n\nab", "é");
    EndConditions end =
        new EndConditions(1 + random.nextInt(40), stops, !constrained && random.nextBoolean());
    Grammar grammar =
        constrained
            ? new NonceGrammar(
                random.ints(3, 3, vocabulary).toArray(), 1 + random.nextInt(5), vocabulary, true)
            : Grammar.anything();
    return new GenerationRequest(
        prompt,
        1 + Math.max(0, random.nextInt(6) - 3),
        sampling(random),
        random.nextLong(),
        end,
        grammar,
        random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(2),
        random.nextInt(5) == 0 ? OptionalInt.of(1) : OptionalInt.empty(),
        CacheScope.of("tenant " + random.nextInt(2)));
  }

  /** Most start like others, some are others. */
  private int[] prompt(Random random) {
    int length = 1 + random.nextInt(60);
    int shared = random.nextInt(4) == 0 ? 0 : random.nextInt(60);
    Random common = new Random(random.nextInt(3));
    return IntStream.range(0, length)
        .map(i -> (i < shared ? common : random).nextInt(3, vocabulary))
        .toArray();
  }

  private static SamplingParams sampling(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> SamplingParams.GREEDY;
      case 1 -> SamplingParams.DEFAULT;
      case 2 -> new SamplingParams(0.8f, 40, 0.95f, 0.05f, 1, 1.1f, 0.5f, 0.5f, Map.of(265, 6f));
      default -> new SamplingParams(1.2f, 0, 0.9f, 0, 0.95f, 1, 0, 0, Map.of(1, 4f, 260, 5f));
    };
  }
}
