package ai.kolm.engine;

import ai.kolm.grammar.Grammar;
import ai.kolm.sampling.SamplingParams;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Tokens to continue, and how.
 *
 * @param prompt token ids, at least one; not to be changed afterwards
 * @param n how many continuations, at least 1; the prompt is computed once
 * @param sampling how tokens are chosen
 * @param seed chooses the random numbers
 * @param end when a continuation ends
 * @param grammar what may be generated
 * @param logprobs absent: no scores; else each generated token comes with its score and those of
 *     this many most likely ones
 * @param promptLogprobs the same for the tokens of the prompt, from the second on; where they are
 *     asked for the whole prompt is computed
 * @param cacheScope the requests that may use what this one computes, and the other way round
 * @param shown control tokens that are part of the answer's text, by their names; the others have
 *     no text
 */
public record GenerationRequest(
    int[] prompt,
    int n,
    SamplingParams sampling,
    long seed,
    EndConditions end,
    Grammar grammar,
    OptionalInt logprobs,
    OptionalInt promptLogprobs,
    CacheScope cacheScope,
    Set<Integer> shown) {
  private static final int MAX_CONTINUATIONS = 128;
  private static final int MAX_LOGPROBS = 20;

  /**
   * @throws IllegalArgumentException if a value is outside its range
   */
  public GenerationRequest {
    shown = Set.copyOf(shown);
    if (prompt.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
    if (n < 1 || n > MAX_CONTINUATIONS) {
      throw new IllegalArgumentException(
          "n must be between 1 and %d, got %d".formatted(MAX_CONTINUATIONS, n));
    }
    int top = Math.max(logprobs.orElse(0), promptLogprobs.orElse(0));
    if (top > MAX_LOGPROBS || Math.min(logprobs.orElse(0), promptLogprobs.orElse(0)) < 0) {
      throw new IllegalArgumentException(
          "logprobs must be between 0 and %d, got %s and %s"
              .formatted(MAX_LOGPROBS, logprobs, promptLogprobs));
    }
    if (end.ignoreEndTokens() && !grammar.equals(Grammar.anything())) {
      throw new IllegalArgumentException("a grammar needs its end tokens");
    }
  }

  /** A request whose answers show no control token. */
  public GenerationRequest(
      int[] prompt,
      int n,
      SamplingParams sampling,
      long seed,
      EndConditions end,
      Grammar grammar,
      OptionalInt logprobs,
      OptionalInt promptLogprobs,
      CacheScope cacheScope) {
    this(prompt, n, sampling, seed, end, grammar, logprobs, promptLogprobs, cacheScope, Set.of());
  }

  /** One continuation of {@code prompt}, drawn with seed 0 from the model's own distribution. */
  public static GenerationRequest of(int[] prompt, EndConditions end) {
    return new GenerationRequest(
        prompt,
        1,
        SamplingParams.DEFAULT,
        0,
        end,
        Grammar.anything(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        CacheScope.COMMON);
  }

  /** Scores of the tokens of {@code prompt}, and no continuation. */
  public static GenerationRequest scoring(int[] prompt, int top) {
    return new GenerationRequest(
        prompt,
        1,
        SamplingParams.GREEDY,
        0,
        EndConditions.atMost(0),
        Grammar.anything(),
        OptionalInt.empty(),
        OptionalInt.of(top),
        CacheScope.COMMON);
  }

  /** This request with other sampling. */
  public GenerationRequest withSampling(SamplingParams newSampling, long newSeed) {
    return new GenerationRequest(
        prompt, n, newSampling, newSeed, end, grammar, logprobs, promptLogprobs, cacheScope, shown);
  }

  /** This request in another scope. */
  public GenerationRequest withCacheScope(CacheScope newScope) {
    return new GenerationRequest(
        prompt, n, sampling, seed, end, grammar, logprobs, promptLogprobs, newScope, shown);
  }
}
