package ai.kolm.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One answer under one schema: compiled, read with the masks of a grammar that is new, and with
 * those made before. {@code file} is a GGUF or a {@code tokenizer.json}. What many schemas cost is
 * {@link GrammarCosts}'s business.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class GrammarBenchmark {
  private static final String SCHEMA =
      """
      {"type": "object",
       "properties": {
         "name": {"type": "string", "maxLength": 40},
         "age": {"type": "integer", "minimum": 0, "maximum": 150},
         "email": {"type": "string", "format": "email"},
         "tags": {"type": "array", "items": {"enum": ["new", "vip", "blocked"]}, "uniqueItems": true},
         "address": {"type": "object",
           "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
           "required": ["city"]}},
       "required": ["name", "age"],
       "additionalProperties": false}
      """;
  private static final String ANSWER =
      "{\"name\":\"Ada Lovelace\",\"age\":36,\"email\":\"ada@example.com\",\"tags\":[\"vip\",\"new\"],"
          + "\"address\":{\"street\":\"St James's Square 12\",\"city\":\"London\"}}";

  @Param("")
  public String file;

  private GrammarCompiler compiler;
  private Json schema;
  private Grammar known;
  private TokenMask mask;
  private int[] ids;

  /** Reads the tokenizer. */
  @Setup(Level.Trial)
  public void prepare() throws IOException, ModelFormatException, JsonException {
    Tokenizer tokenizer = GrammarCosts.read(Path.of(file));
    compiler = new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT);
    schema = JsonReader.read(SCHEMA.getBytes(UTF_8), JsonLimits.DEFAULT);
    mask = new TokenMask(tokenizer.vocabulary().size());
    ids = tokenizer.encode(ANSWER, SpecialTokens.LITERAL);
    known = compile();
    read(known);
  }

  /** A schema to a grammar. */
  @Benchmark
  public Grammar compile() {
    return compiler.jsonSchema(schema, JsonStyle.DEFAULT);
  }

  /** The same, and the whole answer with it: every mask is made. */
  @Benchmark
  public int compileAndRead() {
    return read(compile());
  }

  /** The whole answer, all masks known. */
  @Benchmark
  public int readAgain() {
    return read(known);
  }

  private int read(Grammar grammar) {
    TokenMatcher matcher = grammar.matcher();
    for (int id : ids) {
      matcher.fill(mask);
      if (!mask.allows(id)) {
        throw new AssertionError("token " + id + " of the answer is refused");
      }
      matcher.accept(id);
    }
    if (!matcher.isComplete()) {
      throw new AssertionError("the answer is not complete");
    }
    return ids.length;
  }
}
