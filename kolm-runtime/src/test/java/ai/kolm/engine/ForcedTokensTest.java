package ai.kolm.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Finished;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.sampling.TokenScores;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a grammar forces goes through the model at once, and nothing else changes: tokens, text,
 * scores and ends are those of one token after the other.
 */
@Timeout(60)
final class ForcedTokensTest {
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"a_property_of_some_length\":{\"enum\":[1,22,\"wordy\"]},"
          + "\"another é one\":{\"type\":\"boolean\"}},"
          + "\"required\":[\"a_property_of_some_length\",\"another é one\"],"
          + "\"additionalProperties\":false}";
  private static final int BLOCK = 4;

  private final FakeTokenizer tokenizer =
      FakeTokenizer.ofBytesAnd("word", "{\"", "\":", "prop", "e_l");
  private final int vocabulary = tokenizer.vocabulary().size();
  private final FakeModel model =
      new FakeModel(new FakeModel.Shape(vocabulary, 256, BLOCK, 300, 24, 24), -1);
  private final Oracle oracle = new Oracle(model, tokenizer, 256);
  private final Grammar grammar;

  ForcedTokensTest() throws Exception {
    grammar =
        new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT)
            .jsonSchema(
                JsonReader.read(SCHEMA.getBytes(UTF_8), JsonLimits.DEFAULT),
                JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED));
  }

  /** The same language with the same tokens for what is forced, allowed one by one. */
  private record Stepwise(Grammar grammar, ForcedTokens forced, int maxTokens) implements Grammar {
    @Override
    public TokenMatcher matcher() {
      return new Steps(grammar.matcher(), forced, maxTokens);
    }
  }

  private static final class Steps implements TokenMatcher {
    private final TokenMatcher inner;
    private final ForcedTokens forced;
    private final Deque<Integer> next = new ArrayDeque<>();
    private int left;

    Steps(TokenMatcher inner, ForcedTokens forced, int left) {
      this.inner = inner;
      this.forced = forced;
      this.left = left;
    }

    @Override
    public void fill(TokenMask mask) {
      if (next.isEmpty()) {
        inner.fill(mask);
      } else {
        mask.clear();
        mask.allow(next.getFirst());
      }
    }

    @Override
    public void accept(int token) {
      inner.accept(token);
      left--;
      if (!next.isEmpty()) {
        next.removeFirst();
      } else {
        IntStream.of(forced.next(inner, token, left)).forEach(next::add);
      }
    }

    @Override
    public boolean isComplete() {
      return inner.isComplete();
    }

    @Override
    public void rollback(int tokens) {
      throw new UnsupportedOperationException();
    }

    @Override
    public TokenMatcher fork() {
      throw new UnsupportedOperationException();
    }
  }

  private GenerationRequest request(
      int prompt, int n, int maxTokens, OptionalInt logprobs, Grammar language) {
    return new GenerationRequest(
        IntStream.range(60, 60 + prompt).toArray(),
        n,
        SamplingParams.DEFAULT,
        prompt,
        EndConditions.atMost(maxTokens),
        language,
        logprobs,
        OptionalInt.empty(),
        CacheScope.COMMON);
  }

  private Oracle.Expected stepwise(GenerationRequest request, int choice) {
    int max = request.end().maxTokens();
    Grammar language = new Stepwise(grammar, new ForcedTokens(tokenizer), max);
    return oracle.answer(
        request(request.prompt().length, request.n(), max, request.logprobs(), language), choice);
  }

  /** What a reader gets of a choice. */
  private static final class Answer {
    private final List<GeneratedToken> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private EndReason reason = EndReason.CANCELLED;
  }

  private static List<Answer> read(TokenStream stream, int n) {
    List<Answer> answers = IntStream.range(0, n).mapToObj(_ -> new Answer()).toList();
    for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
      switch (event) {
        case Piece piece -> {
          answers.get(piece.choice()).tokens.addAll(piece.tokens());
          answers.get(piece.choice()).text.append(piece.text());
        }
        case Finished end -> answers.get(end.choice()).reason = end.reason();
        default -> {}
      }
    }
    return answers;
  }

  private void check(GenerationRequest request, List<Answer> answers) {
    for (int choice = 0; choice < answers.size(); choice++) {
      Oracle.Expected expected = stepwise(request, choice);
      Answer answer = answers.get(choice);
      List<Integer> ids = answer.tokens.stream().map(GeneratedToken::id).toList();
      assertEquals(expected.tokens(), ids);
      assertEquals(expected.text(), answer.text.toString());
      assertEquals(expected.reason(), answer.reason);
      if (request.logprobs().isPresent()) {
        checkScores(request, answer);
      }
    }
  }

  private void checkScores(GenerationRequest request, Answer answer) {
    int[] all = request.prompt();
    for (GeneratedToken token : answer.tokens) {
      TokenScores expected =
          TokenScores.of(model.row(all), token.id(), request.logprobs().orElse(0));
      TokenScores scores = token.scores();
      assertNotNull(scores);
      assertEquals(expected.logprob(), scores.logprob());
      assertArrayEquals(expected.topIds(), scores.topIds());
      all = IntStream.concat(IntStream.of(all), IntStream.of(token.id())).toArray();
    }
  }

  /** Several requests at a time, cut at every length, through a cache that is nearly too small. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingChangesButTheNumberOfSteps(boolean scores) {
    OptionalInt logprobs = scores ? OptionalInt.of(2) : OptionalInt.empty();
    EngineLimits limits = new EngineLimits(24, 6, 200, 500);
    try (Engine engine = new Engine(model, tokenizer, Set.of(), limits, true)) {
      for (int round = 0; round < 2; round++) { // the second time from the prefix cache
        List<GenerationRequest> requests = new ArrayList<>();
        List<TokenStream> streams = new ArrayList<>();
        for (int max = 1; max <= 60; max++) {
          requests.add(request(5 + max % 7, 1 + max % 3, max, logprobs, grammar));
          streams.add(engine.submit(requests.getLast()));
        }
        for (int i = 0; i < requests.size(); i++) {
          check(requests.get(i), read(streams.get(i), requests.get(i).n()));
        }
      }
    }
  }

  @Test
  void aRunIsOneStep() {
    AtomicInteger steps = new AtomicInteger();
    model.beforeStep(_ -> steps.incrementAndGet());
    try (Engine engine =
        new Engine(model, tokenizer, Set.of(), new EngineLimits(24, 6, 20, 500), true)) {
      GenerationRequest request = request(5, 1, 200, OptionalInt.empty(), grammar);
      List<Answer> answers = read(engine.submit(request), 1);
      check(request, answers);
      int tokens = answers.getFirst().tokens.size();
      assertTrue(tokens > 40 && 2 * steps.get() < tokens, steps + " steps, " + tokens + " tokens");
    }
  }
}
