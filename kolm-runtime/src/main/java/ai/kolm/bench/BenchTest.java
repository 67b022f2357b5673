package ai.kolm.bench;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A test of a model's speed, named as llama-bench names it.
 *
 * @param kind what is done with the tokens
 * @param tokens how many, 1 to {@value #MAX_TOKENS}
 */
public record BenchTest(Kind kind, int tokens) {
  /** The most tokens of a test. */
  public static final int MAX_TOKENS = 1 << 20;

  /** What {@code kolm bench} runs where nothing else is asked for. */
  public static final List<BenchTest> DEFAULT =
      List.of(
          new BenchTest(Kind.PREFILL, 32),
          new BenchTest(Kind.PREFILL, 128),
          new BenchTest(Kind.PREFILL, 512),
          new BenchTest(Kind.DECODE, 128));

  private static final Pattern NAME = Pattern.compile("(pp|tg)([1-9]\\d{0,6})");

  /** What is done with the tokens of a test. */
  public enum Kind {
    /** Prompt processing: all tokens from an empty context, in batches as large as may be. */
    PREFILL("pp"),
    /** Text generation: one token a step, from an empty context. */
    DECODE("tg");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  /**
   * @throws IllegalArgumentException if there are too few or too many tokens
   */
  public BenchTest {
    if (tokens < 1 || tokens > MAX_TOKENS) {
      throw new IllegalArgumentException(
          "a test of %d tokens, expected 1 to %d".formatted(tokens, MAX_TOKENS));
    }
  }

  /**
   * The test called {@code name}: {@code pp512}, {@code tg128}.
   *
   * @throws IllegalArgumentException if it is no name of a test
   */
  public static BenchTest of(String name) {
    Matcher matcher = NAME.matcher(name.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expected a test like pp512 or tg128, got \"%s\"".formatted(name));
    }
    Kind kind = matcher.group(1).equals(Kind.PREFILL.prefix) ? Kind.PREFILL : Kind.DECODE;
    return new BenchTest(kind, Integer.parseInt(matcher.group(2)));
  }

  /** {@code pp512}, {@code tg128}. */
  public String name() {
    return kind.prefix + tokens;
  }
}
