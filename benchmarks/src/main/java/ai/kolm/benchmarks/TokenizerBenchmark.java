package ai.kolm.benchmarks;

import ai.kolm.tokenizer.TokenDecoder;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding and decoding of a megabyte of text. Every trial checks that the text comes back.
 *
 * <p>{@code file} is a GGUF or a {@code tokenizer.json}, {@code text} a UTF-8 file, which is
 * repeated; without it a text of common English words is made.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenizerBenchmark {
  private static final int CHARACTERS = 1_000_000;
  private static final String WORDS =
      "It was the White Rabbit, trotting slowly back again, and looking anxiously about as it went;"
          + " in 1865 she said: \"I'll never find them!\"\n";

  @Param("")
  public String file;

  @Param("")
  public String text;

  private Tokenizer tokenizer;
  private String input;
  private int[] ids;

  /** Reads the tokenizer and makes the text. */
  @Setup(Level.Trial)
  public void prepare() throws IOException, ModelFormatException {
    tokenizer = read(Path.of(file));
    String unit = text.isEmpty() ? WORDS : Files.readString(Path.of(text));
    input = unit.repeat(CHARACTERS / unit.length() + 1).substring(0, CHARACTERS);
    ids = tokenizer.encode(input, SpecialTokens.LITERAL);
  }

  private static Tokenizer read(Path path) throws IOException, ModelFormatException {
    if (path.toString().endsWith(".json")) {
      return Tokenizers.fromJson(path.toString(), Files.readAllBytes(path), Optional.empty());
    }
    try (Arena arena = Arena.ofConfined()) {
      return Tokenizers.fromGguf(GgufFile.open(path, arena).metadata());
    }
  }

  /** Text to ids. */
  @Benchmark
  public int[] encode() {
    return tokenizer.encode(input, SpecialTokens.LITERAL);
  }

  /** Ids to text, token by token, as an answer arrives. */
  @Benchmark
  public int stream() {
    TokenDecoder decoder = tokenizer.decoder();
    int length = 0;
    for (int id : ids) {
      length += decoder.next(id).length();
    }
    return length + decoder.finish().length();
  }

  /** Checks that the text comes back; lower case and spaces apart, which some tokenizers lose. */
  @TearDown(Level.Trial)
  public void check() {
    String returned = tokenizer.decode(encode());
    if (!folded(returned).equals(folded(input)) || stream() != returned.length()) {
      throw new AssertionError("the text does not come back");
    }
  }

  private static String folded(String text) {
    return text.replaceAll("\\s+", "").toLowerCase(java.util.Locale.ROOT);
  }
}
