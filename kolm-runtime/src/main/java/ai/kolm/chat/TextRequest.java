package ai.kolm.chat;

import ai.kolm.engine.CacheScope;
import ai.kolm.sampling.SamplingParams;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Texts to continue, and how. The choices of the first prompt come first.
 *
 * @param prompts the texts, 1 to 2048, made by {@link TextCompletions#prompt}
 * @param sampling how tokens are chosen; absent: as the makers of the model recommend
 * @param maxTokens the most tokens per choice; 0 for none, which scores the prompts
 * @param n choices per prompt, 1 to 128
 * @param bestOf how many continuations per prompt are made, of which the {@code n} likeliest per
 *     token are kept; at least {@code n}
 * @param stop texts that end a continuation, at most 4, none empty; they are not part of it
 * @param seed same seed, request and artifact: same answer; absent: drawn
 * @param topLogprobs absent: no log-probabilities; else how many alternatives per token, 0 to 20
 * @param echo whether each continuation is led by its prompt
 * @param ignoreEndOfText keep going past end tokens (for measuring)
 * @param cacheScope the requests that may use what this one computes, and the other way round
 */
public record TextRequest(
    List<TextPrompt> prompts,
    Optional<SamplingParams> sampling,
    int maxTokens,
    int n,
    int bestOf,
    List<String> stop,
    OptionalLong seed,
    OptionalInt topLogprobs,
    boolean echo,
    boolean ignoreEndOfText,
    CacheScope cacheScope) {

  /** The most prompts, and the most choices of all prompts together. */
  public static final int MAX_PROMPTS = 2048;

  private static final int MAX_CHOICES = 128;
  private static final int MAX_STOPS = 4;

  /**
   * @throws IllegalArgumentException if a value is outside its range; the message names it
   */
  public TextRequest {
    prompts = List.copyOf(prompts);
    stop = List.copyOf(stop);
    Objects.requireNonNull(sampling);
    Objects.requireNonNull(seed);
    Objects.requireNonNull(topLogprobs);
    Objects.requireNonNull(cacheScope);
    check("prompts", prompts.size(), 1, MAX_PROMPTS);
    check("max_tokens", maxTokens, 0, Integer.MAX_VALUE);
    check("n", n, 1, MAX_CHOICES);
    check("best_of", bestOf, n, MAX_CHOICES);
    check("choices of all prompts together", (long) prompts.size() * bestOf, 1, MAX_PROMPTS);
    check("stop", stop.size(), 0, MAX_STOPS);
    check("logprobs", topLogprobs.orElse(0), 0, 20);
  }

  /** This request with a seed. */
  public TextRequest withSeed(long newSeed) {
    return new TextRequest(
        prompts,
        sampling,
        maxTokens,
        n,
        bestOf,
        stop,
        OptionalLong.of(newSeed),
        topLogprobs,
        echo,
        ignoreEndOfText,
        cacheScope);
  }

  private static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be between %d and %d, got %d".formatted(name, min, max, value));
    }
  }

  /** Continuations of at most {@code maxTokens} tokens, everything else at its default. */
  public static TextRequest of(int maxTokens, TextPrompt... prompts) {
    return new TextRequest(
        List.of(prompts),
        Optional.empty(),
        maxTokens,
        1,
        1,
        List.of(),
        OptionalLong.empty(),
        OptionalInt.empty(),
        false,
        false,
        CacheScope.COMMON);
  }
}
