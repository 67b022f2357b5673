package ai.kolm.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What grammars cost, token by token, over many schemas: the program behind {@code
 * compare_grammars.py}.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar ai.kolm.benchmarks.GrammarCosts TOKENIZER LINES [OUT]
 * }</pre>
 *
 * <p>TOKENIZER is a GGUF or a tokenizer.json; LINES has {@code {"schema": ..., "tests": [{"data":
 * ..., "valid": ..., "ids": [...]}, ...]}} on each line, the ids being optional. All of it is done
 * once to warm the JIT compiler up, then again with everything that grammars keep thrown away:
 * every schema is compiled and meets its instances for the first time. One thread. OUT gets a line
 * per schema: what is refused, the time to compile, per test the verdict and the time of mask and
 * acceptance of each token, all in nanoseconds. With any fourth argument a line per schema is
 * printed too.
 */
public final class GrammarCosts {
  private static final int WARM_UPS = Integer.getInteger("rounds", 4);

  /** A schema and the token sequences that meet it. */
  private record Case(String name, Json schema, List<int[]> sequences) {}

  /** What one schema cost. */
  private record Cost(
      String name, String refused, long compile, List<Boolean> accepted, List<long[]> tokens) {}

  private GrammarCosts() {}

  /** Measures and prints. */
  public static void main(String[] arguments)
      throws IOException, JsonException, ModelFormatException {
    Tokenizer tokenizer = read(Path.of(arguments[0]));
    List<Case> cases = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(arguments[1]))) {
      cases.add(parse(line, tokenizer));
    }
    List<Cost> costs = List.of();
    for (int round = 0; round <= WARM_UPS; round++) {
      GrammarCompiler compiler = new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT);
      TokenMask mask = new TokenMask(tokenizer.vocabulary().size());
      System.gc();
      costs = cases.stream().map(one -> measure(compiler, one, mask)).toList();
    }
    print(costs, arguments.length > 3);
    if (arguments.length > 2) {
      write(costs, Path.of(arguments[2]));
    }
  }

  static Tokenizer read(Path path) throws IOException, ModelFormatException {
    if (path.toString().endsWith(".json")) {
      return Tokenizers.fromJson(path.toString(), Files.readAllBytes(path), Optional.empty());
    }
    try (Arena arena = Arena.ofConfined()) {
      return Tokenizers.fromGguf(GgufFile.open(path, arena).metadata());
    }
  }

  private static Case parse(String line, Tokenizer tokenizer) throws JsonException {
    JsonObject fields = JsonReader.readObject(line.getBytes(UTF_8), JsonLimits.DEFAULT);
    List<int[]> sequences = new ArrayList<>();
    for (JsonObject test : fields.objects("tests")) {
      if (test.names().contains("ids")) {
        sequences.add(
            test.array("ids").stream().mapToInt(id -> (int) ((Json.Int) id).value()).toArray());
      } else {
        String text = JsonText.of(Objects.requireNonNull(test.json().members().get("data")));
        sequences.add(tokenizer.encode(text, SpecialTokens.LITERAL));
      }
    }
    return new Case(fields.string("name"), fields.get("schema"), sequences);
  }

  private static Cost measure(GrammarCompiler compiler, Case one, TokenMask mask) {
    List<Boolean> accepted = new ArrayList<>();
    List<long[]> tokens = new ArrayList<>();
    long start = System.nanoTime();
    Grammar grammar;
    try {
      grammar = compiler.jsonSchema(one.schema, JsonStyle.DEFAULT);
    } catch (GrammarException e) {
      return new Cost(
          one.name, String.valueOf(e.getMessage()), System.nanoTime() - start, accepted, tokens);
    }
    long compile = System.nanoTime() - start;
    String refused = "";
    for (int[] ids : one.sequences) {
      try {
        accepted.add(read(grammar.matcher(), ids, mask, tokens));
      } catch (GrammarException e) {
        refused = "in the middle: " + e.getMessage();
        break;
      }
    }
    return new Cost(one.name, refused, compile, accepted, tokens);
  }

  private static boolean read(
      TokenMatcher matcher, int[] ids, TokenMask mask, List<long[]> tokens) {
    long[] times = new long[ids.length];
    int done = 0;
    boolean possible = true;
    while (possible && done < ids.length) {
      long before = System.nanoTime();
      matcher.fill(mask);
      possible = mask.allows(ids[done]);
      if (possible) {
        matcher.accept(ids[done]);
        times[done++] = System.nanoTime() - before;
      }
    }
    tokens.add(Arrays.copyOf(times, done));
    return possible && matcher.isComplete();
  }

  private static void print(List<Cost> costs, boolean slowest) {
    long[] tokens =
        costs.stream()
            .flatMap(c -> c.tokens.stream())
            .flatMapToLong(Arrays::stream)
            .sorted()
            .toArray();
    long[] compiles =
        costs.stream().filter(c -> c.refused.isEmpty()).mapToLong(Cost::compile).sorted().toArray();
    long refused = costs.stream().filter(c -> !c.refused.isEmpty()).count();
    System.out.printf(Locale.ROOT, "%d schemas, %d refused%n", costs.size(), refused);
    System.out.printf(Locale.ROOT, "token, us:   %s%n", percentiles(tokens, 1e3));
    System.out.printf(Locale.ROOT, "compile, ms: %s%n", percentiles(compiles, 1e6));
    if (slowest) {
      for (Cost cost : costs) {
        long sum = cost.tokens.stream().flatMapToLong(Arrays::stream).sum();
        long max = cost.tokens.stream().flatMapToLong(Arrays::stream).max().orElse(0);
        System.out.printf(
            Locale.ROOT,
            "%s: compile %d us, sum %d us, max %d us %s%n",
            cost.name,
            cost.compile / 1000,
            sum / 1000,
            max / 1000,
            cost.refused);
      }
    }
  }

  private static String percentiles(long[] sorted, double unit) {
    StringJoiner all = new StringJoiner(", ");
    for (double p : new double[] {50, 75, 90, 99, 99.9, 100}) {
      int index = Math.min(sorted.length - 1, (int) (p / 100 * sorted.length));
      all.add(String.format(Locale.ROOT, "p%s %.3f", p, sorted[index] / unit));
    }
    return "%s, mean %.3f of %d"
        .formatted(all, Arrays.stream(sorted).average().orElse(0) / unit, sorted.length);
  }

  private static void write(List<Cost> costs, Path file) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (Cost cost : costs) {
        StringJoiner times = new StringJoiner(",", "[", "]");
        cost.tokens.forEach(t -> times.add(Arrays.toString(t)));
        out.write(
            "{\"name\":%s,\"refused\":%s,\"compile\":%d,\"accepted\":%s,\"tokens\":%s}%n"
                .formatted(
                    JsonText.of(new Json.Str(cost.name)),
                    JsonText.of(new Json.Str(cost.refused)),
                    cost.compile,
                    cost.accepted,
                    times));
      }
    }
  }
}
