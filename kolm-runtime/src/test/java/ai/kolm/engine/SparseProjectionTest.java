package ai.kolm.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.Finished;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.model.Batch;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.LogitColumns;
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
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers are the same whether the model computes all logits or those that a grammar allows. */
@Timeout(120)
class SparseProjectionTest {
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"kind\":{\"enum\":[\"red\",\"reddish\",\"green\"]},"
          + "\"count\":{\"type\":\"integer\"},\"sure\":{\"type\":\"boolean\"},"
          + "\"note\":{\"type\":\"string\",\"maxLength\":6},"
          + "\"list\":{\"type\":\"array\",\"items\":{\"enum\":[1,12,null]},\"maxItems\":3}},"
          + "\"required\":[\"kind\",\"count\",\"sure\",\"note\",\"list\"],"
          + "\"additionalProperties\":false}";

  @TempDir private Path folder;

  /** Counts the rows that are computed in part; may ask for whole ones in their place. */
  private static final class Watched extends ForwardingModel {
    private final boolean whole;
    private int parts;
    private int mixed;

    Watched(LanguageModel model, boolean whole) {
      super(model);
      this.whole = whole;
    }

    @Override
    public Logits forward(Batch batch) {
      int before = parts;
      int others = 0;
      List<Batch.Slice> slices = new ArrayList<>();
      for (Batch.Slice slice : batch.slices()) {
        LogitColumns columns = slice.columns();
        boolean part = slice.logits() > 0 && columns != null && !columns.all();
        parts += part ? 1 : 0;
        others += part || slice.logits() == 0 ? 0 : 1;
        slices.add(
            new Batch.Slice(
                slice.tokens(), slice.position(), slice.blocks(), slice.logits(), slice.adapter()));
      }
      mixed += parts > before && others > 0 ? 1 : 0;
      return super.forward(whole ? new Batch(slices) : batch);
    }
  }

  /** The text of a choice, its tokens and its end. */
  private static final class Answer {
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> tokens = new ArrayList<>();

    @Override
    public String toString() {
      return tokens + " " + text;
    }
  }

  private static List<String> read(TokenStream stream) {
    TreeMap<Integer, Answer> answers = new TreeMap<>();
    for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
      switch (event) {
        case Piece piece -> {
          Answer answer = answers.computeIfAbsent(piece.choice(), _ -> new Answer());
          answer.text.append(piece.text());
          piece.tokens().stream().map(GeneratedToken::id).forEach(answer.tokens::add);
        }
        case Finished end ->
            answers.computeIfAbsent(end.choice(), _ -> new Answer()).text.append(end.reason());
        default -> {}
      }
    }
    return answers.values().stream().map(Answer::toString).toList();
  }

  private static Watched model(ModelFiles files, KernelSelection.Set set, boolean whole)
      throws Exception {
    ModelOptions options = new ModelOptions(256, 60, KvCache.Precision.HALF, 64, 8);
    ModelLoader loader = new ModelLoader(KernelSelection.forced(set), 2, _ -> options);
    return new Watched(loader.load((GgufFile) files.weights()), whole);
  }

  @ParameterizedTest
  @EnumSource(KernelSelection.Set.class)
  void nothingChangesButWhatIsComputed(KernelSelection.Set set) throws Exception {
    Assumptions.assumeTrue(
        set != KernelSelection.Set.EMITTED || KernelSelection.emittedObstacle().isEmpty(),
        KernelSelection::emittedObstacle);
    try (ModelFiles files = ModelFiles.open(TinyModels.copy("chat/chat.gguf", folder))) {
      Tokenizer tokenizer = files.text().tokenizer();
      Grammar grammar =
          new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT)
              .jsonSchema(
                  JsonReader.read(SCHEMA.getBytes(UTF_8), JsonLimits.DEFAULT), JsonStyle.DEFAULT);
      List<GenerationRequest> requests = requests(grammar);
      Watched sparse = model(files, set, false);
      List<List<String>> expected = answers(model(files, set, true), tokenizer, requests);
      List<List<String>> actual = answers(sparse, tokenizer, requests);
      for (int i = 0; i < requests.size(); i++) {
        assertEquals(expected.get(i), actual.get(i), "request " + i);
      }
      assertTrue(sparse.parts > 500, sparse.parts + " rows in part");
      assertTrue(sparse.mixed > 20, sparse.mixed + " steps with whole ones too");
      assertEquals(expected.get(0), expected.get(1), "with scores the answer is the same");
    }
  }

  private static List<List<String>> answers(
      LanguageModel model, Tokenizer tokenizer, List<GenerationRequest> requests) {
    EngineLimits limits = new EngineLimits(64, 8, 100, 500);
    try (Engine engine = new Engine(model, tokenizer, Set.of(), limits)) {
      List<TokenStream> streams = requests.stream().map(engine::submit).toList();
      return streams.stream().map(SparseProjectionTest::read).toList();
    }
  }

  /** Alone and several at a time, of one answer and of three, with and without a grammar. */
  private static List<GenerationRequest> requests(Grammar grammar) {
    List<GenerationRequest> requests = new ArrayList<>();
    requests.add(request(0, grammar, OptionalInt.empty()));
    requests.add(request(0, grammar, OptionalInt.of(2)));
    for (int i = 2; i < 24; i++) {
      Grammar some = i % 4 == 3 ? Grammar.anything() : grammar;
      requests.add(request(i, some, i % 7 == 6 ? OptionalInt.of(1) : OptionalInt.empty()));
    }
    return requests;
  }

  private static GenerationRequest request(int number, Grammar grammar, OptionalInt logprobs) {
    Random random = new Random(number);
    SamplingParams sampling =
        switch (number % 3) {
          case 0 -> SamplingParams.DEFAULT;
          case 1 -> SamplingParams.GREEDY;
          default ->
              new SamplingParams(1.2f, 40, 0.9f, 0.01f, 0.9f, 1.1f, 0.3f, 0.2f, Map.of(70, 3f));
        };
    return new GenerationRequest(
        random.ints(10 + number, 3, 250).toArray(),
        1 + number % 2 * 2,
        sampling,
        number,
        EndConditions.atMost(60),
        grammar,
        logprobs,
        number % 5 == 4 ? OptionalInt.of(1) : OptionalInt.empty(),
        CacheScope.COMMON);
  }
}
