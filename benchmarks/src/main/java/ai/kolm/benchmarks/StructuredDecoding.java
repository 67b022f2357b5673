package ai.kolm.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.engine.CacheScope;
import ai.kolm.engine.EndConditions;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineLimits;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.TokenStream;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KvCache;
import ai.kolm.model.Batch;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.Logits;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What it saves to compute only those logits that a grammar allows.
 *
 * <pre>{@code
 * java --enable-native-access=ALL-UNNAMED -cp benchmarks/target/benchmarks.jar \
 *     ai.kolm.benchmarks.StructuredDecoding MODEL ROUNDS STREAMS
 * }</pre>
 *
 * <p>One model, one engine, two threads, {@code STREAMS} answers at a time. In each round the model
 * computes all logits for them, and then what is wanted, or the other way round. The answers are
 * the same, or the benchmark fails. The prompt comes from the prefix cache; times, also those of
 * the processor for a machine that has other work, are those of all answers by the number of their
 * tokens.
 */
public final class StructuredDecoding {
  private static final int THREADS = 2;
  private static final int CONTEXT = 1024;
  private static final int MAX_STREAMS = 16;
  private static final int MAX_TOKENS = 160;
  private static final int WARM_UP = 4;
  private static final double MILLION = 1e6;
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static final String PROMPT =
      "Extract the facts.\n\nFlight LH 1234 from Frankfurt to Oslo on 12 May was 35 minutes late;"
          + " 148 of 180 seats were taken.\n\nJSON:\n";

  private static final Map<String, String> SCHEMAS = new LinkedHashMap<>();

  static {
    SCHEMAS.put(
        "a choice", "{\"enum\":[\"positive\",\"negative\",\"neutral\",\"mixed\",\"unknown\"]}");
    SCHEMAS.put(
        "numbers, choices, dates",
        object(
            "\"airline\":{\"enum\":[\"LH\",\"SK\",\"DY\",\"BA\",\"AF\",\"KL\"]}",
            "\"number\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9999}",
            "\"date\":{\"type\":\"string\",\"format\":\"date\"}",
            "\"status\":{\"enum\":[\"on time\",\"late\",\"cancelled\",\"diverted\"]}",
            "\"delay\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":999}",
            "\"load\":{\"type\":\"number\",\"minimum\":0,\"maximum\":100}",
            "\"seats\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":4,"
                + "\"items\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":500}}",
            "\"refund\":{\"type\":\"boolean\"}"));
    SCHEMAS.put(
        "these and short texts",
        object(
            "\"from\":{\"type\":\"string\",\"maxLength\":20}",
            "\"to\":{\"type\":\"string\",\"maxLength\":20}",
            "\"date\":{\"type\":\"string\",\"format\":\"date\"}",
            "\"delay\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":999}",
            "\"status\":{\"enum\":[\"on time\",\"late\",\"cancelled\",\"diverted\"]}",
            "\"summary\":{\"type\":\"string\",\"maxLength\":60}"));
  }

  private static String object(String... properties) {
    List<String> names =
        Arrays.stream(properties).map(p -> p.substring(0, p.indexOf(':'))).toList();
    return "{\"type\":\"object\",\"properties\":{%s},\"required\":[%s],\"additionalProperties\":false}"
        .formatted(String.join(",", properties), String.join(",", names));
  }

  /** Computes all logits, or those that are wanted; counts the rows of both. */
  private static final class Switch implements LanguageModel {
    private final LanguageModel model;
    private volatile boolean whole;
    private final AtomicInteger rows = new AtomicInteger();
    private final AtomicInteger parts = new AtomicInteger();

    Switch(LanguageModel model) {
      this.model = model;
    }

    @Override
    public Logits forward(Batch batch) {
      List<Batch.Slice> slices = new ArrayList<>();
      for (Batch.Slice slice : batch.slices()) {
        boolean part = slice.columns() != null && !slice.columns().all();
        rows.addAndGet(slice.logits());
        parts.addAndGet(part ? slice.logits() : 0);
        slices.add(
            new Batch.Slice(
                slice.tokens(), slice.position(), slice.blocks(), slice.logits(), slice.adapter()));
      }
      return model.forward(whole ? new Batch(slices) : batch);
    }

    @Override
    public boolean isDeterministic() {
      return model.isDeterministic();
    }

    @Override
    public int vocabularySize() {
      return model.vocabularySize();
    }

    @Override
    public int contextLength() {
      return model.contextLength();
    }

    @Override
    public int blockSize() {
      return model.blockSize();
    }

    @Override
    public int blockCount() {
      return model.blockCount();
    }

    @Override
    public int maxBatchTokens() {
      return model.maxBatchTokens();
    }

    @Override
    public int maxBatchRows() {
      return model.maxBatchRows();
    }

    @Override
    public int threads() {
      return model.threads();
    }

    @Override
    public void inParallel(int count, IntConsumer task) {
      model.inParallel(count, task);
    }

    @Override
    public void copyBlock(int from, int to) {
      model.copyBlock(from, to);
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private final Switch model;
  private final Engine engine;
  private final Tokenizer tokenizer;
  private final int streams;

  private StructuredDecoding(Switch model, Engine engine, Tokenizer tokenizer, int streams) {
    this.model = model;
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.streams = streams;
  }

  /** See above. */
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[1]);
    int streams = Integer.parseInt(arguments[2]);
    ModelOptions options =
        new ModelOptions(
            CONTEXT, 1 + MAX_STREAMS * CONTEXT / KvCache.BLOCK, KvCache.Precision.HALF, 512, 16);
    try (ModelFiles files = ModelFiles.open(Path.of(arguments[0]))) {
      ModelLoader loader = ModelLoader.of(Optional.empty(), THREADS, _ -> options);
      Switch model = new Switch(loader.load(files));
      Tokenizer tokenizer = files.text().tokenizer();
      EngineLimits limits = new EngineLimits(512, 16, 16, 2 * MAX_TOKENS);
      try (Engine engine = new Engine(model, tokenizer, Set.of(), limits)) {
        System.out.println(arguments[0] + ", " + loader.selection());
        StructuredDecoding benchmark = new StructuredDecoding(model, engine, tokenizer, streams);
        for (Map.Entry<String, String> schema : SCHEMAS.entrySet()) {
          benchmark.run(schema.getKey(), schema.getValue(), rounds);
        }
      }
    }
  }

  /** What a round gave. */
  private record Round(List<Integer> tokens, double millis, double processorMillis) {}

  private void run(String name, String schema, int rounds) throws Exception {
    Grammar grammar =
        new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT)
            .jsonSchema(
                JsonReader.read(schema.getBytes(UTF_8), JsonLimits.DEFAULT), JsonStyle.DEFAULT);
    List<Round> whole = new ArrayList<>();
    List<Round> part = new ArrayList<>();
    for (int i = 0; i < WARM_UP; i++) {
      round(grammar, i, i % 2 == 0);
    }
    model.rows.set(0);
    model.parts.set(0);
    long steps = engine.metrics().steps();
    for (int i = 0; i < rounds; i++) {
      boolean wholeFirst = i % 2 == 0;
      Round first = round(grammar, i, wholeFirst);
      Round second = round(grammar, i, !wholeFirst);
      if (!first.tokens.equals(second.tokens)) {
        throw new IllegalStateException("the answers differ");
      }
      whole.add(wholeFirst ? first : second);
      part.add(wholeFirst ? second : first);
    }
    System.out.printf(
        "%s: %d tokens, %d steps, %.0f %% of the rows in part%n",
        name,
        whole.stream().mapToInt(round -> round.tokens.size()).sum(),
        (engine.metrics().steps() - steps) / 2,
        100.0 * model.parts.get() / model.rows.get());
    print("ms a token", whole, part, Round::millis);
    print("processor ms", whole, part, Round::processorMillis);
  }

  private static void print(
      String what, List<Round> whole, List<Round> part, ToDoubleFunction<Round> value) {
    double[] ratios =
        IntStream.range(0, whole.size())
            .mapToDouble(i -> value.applyAsDouble(whole.get(i)) / value.applyAsDouble(part.get(i)))
            .toArray();
    System.out.printf(
        "  %-13s all logits %6.2f, those wanted %6.2f, ratio %.2f%n",
        what,
        middle(whole.stream().mapToDouble(value).toArray()),
        middle(part.stream().mapToDouble(value).toArray()),
        middle(ratios));
  }

  private static double middle(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private Round round(Grammar grammar, int number, boolean whole) {
    model.whole = whole;
    List<Integer> tokens = new ArrayList<>();
    long start = System.nanoTime();
    long processor = PROCESS.getProcessCpuTime();
    List<TokenStream> open = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      open.add(engine.submit(request(grammar, number * streams + i)));
    }
    for (TokenStream stream : open) {
      for (GenerationEvent e = stream.next(); e != null; e = stream.next()) {
        if (e instanceof GenerationEvent.Piece piece) {
          piece.tokens().forEach(token -> tokens.add(token.id()));
        }
      }
    }
    return new Round(
        tokens,
        (System.nanoTime() - start) / MILLION / tokens.size(),
        (PROCESS.getProcessCpuTime() - processor) / MILLION / tokens.size());
  }

  private GenerationRequest request(Grammar grammar, int seed) {
    return new GenerationRequest(
        tokenizer.encode(PROMPT, Tokenizer.SpecialTokens.LITERAL),
        1,
        SamplingParams.DEFAULT,
        seed,
        EndConditions.atMost(MAX_TOKENS),
        grammar,
        OptionalInt.empty(),
        OptionalInt.empty(),
        CacheScope.COMMON);
  }
}
