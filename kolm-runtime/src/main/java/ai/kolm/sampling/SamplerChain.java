package ai.kolm.sampling;

import ai.kolm.grammar.TokenMask;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the logits of one answer into its tokens, one after the other. For one thread at a time.
 *
 * <p>The stages, in order; each sees the distribution the one before left, renormalised:
 *
 * <ol>
 *   <li>logit bias and {@link Penalties} change logits;
 *   <li>the mask removes tokens;
 *   <li>{@link Temperature} divides the logits (0: the most likely token is taken, the rest is
 *       skipped);
 *   <li>{@link TopK}, {@link Typical}, {@link TopP}, {@link MinP} remove tokens;
 *   <li>one of the rest is drawn.
 * </ol>
 *
 * <p>Equal candidates rank by id, lowest first. The draw for the i-th token of choice c uses random
 * number (seed, c, i) of a {@linkplain CounterRandom counter-based generator}: the same logits give
 * the same answer, whatever else runs.
 */
public final class SamplerChain {
  private final LogitBias bias;
  private final Penalties penalties;
  private final boolean greedy;
  private final List<Sampler> stages;
  private final long seed;
  private final int choice;
  private long position;

  private SamplerChain(SamplingParams params, int[] prompt, long seed, int choice) {
    this.bias = new LogitBias(params.logitBias());
    this.penalties = new Penalties(params, prompt);
    this.greedy = params.temperature() == 0;
    this.stages = stages(params);
    this.seed = seed;
    this.choice = choice;
  }

  /**
   * A chain at the start of an answer.
   *
   * @param params the stages
   * @param prompt the tokens before the answer, for the repetition penalty
   * @param seed chooses the random numbers, together with
   * @param choice the number of this answer among those to one prompt
   */
  public static SamplerChain of(SamplingParams params, int[] prompt, long seed, int choice) {
    return new SamplerChain(params, prompt, seed, choice);
  }

  private static List<Sampler> stages(SamplingParams params) {
    List<Sampler> stages = new ArrayList<>();
    if (params.temperature() != 1) {
      stages.add(new Temperature(params.temperature()));
    }
    if (params.topK() > 0) {
      stages.add(new TopK(params.topK()));
    }
    if (params.typicalP() < 1) {
      stages.add(new Typical(params.typicalP()));
    }
    if (params.topP() < 1) {
      stages.add(new TopP(params.topP()));
    }
    if (params.minP() > 0) {
      stages.add(new MinP(params.minP()));
    }
    return List.copyOf(stages);
  }

  /**
   * Chooses the next token.
   *
   * @param row the logits of the model, (vocabulary size), those of allowed tokens finite; those of
   *     others may be anything, and do not matter; overwritten
   * @param mask the tokens allowed
   * @param scratch memory that nobody else uses meanwhile
   * @throws ArithmeticException if the logit of an allowed token is not finite; the chain is as
   *     before
   * @throws IllegalStateException if the mask allows no token
   */
  public int next(float[] row, TokenMask mask, Candidates scratch) {
    requireFinite(row, mask);
    bias.apply(row);
    penalties.apply(row);
    int token = greedy ? highest(row, mask) : draw(row, mask, scratch);
    accept(token);
    return token;
  }

  /** Takes note of a token that was chosen without asking. */
  public void accept(int token) {
    penalties.accept(token);
    position++;
  }

  private int draw(float[] row, TokenMask mask, Candidates candidates) {
    candidates.load(row, mask);
    for (Sampler stage : stages) {
      stage.apply(candidates);
    }
    return candidates.draw(CounterRandom.uniform(seed, choice, position));
  }

  /**
   * Checks that every logit is a finite number, as the output of a sound model is.
   *
   * @throws ArithmeticException naming the first that is not
   */
  static void requireFinite(float[] row) {
    requireFinite(row, 0, row.length);
  }

  private static void requireFinite(float[] row, TokenMask mask) {
    if (mask.allowsAll()) {
      requireFinite(row);
      return;
    }
    for (int index = 0; index < mask.words(); index++) {
      int first = index << 6;
      long word = mask.word(index);
      if (word == -1L) {
        requireFinite(row, first, first + 64);
        continue;
      }
      for (long rest = word; rest != 0; rest &= rest - 1) {
        int id = first + Long.numberOfTrailingZeros(rest);
        requireFinite(row, id, id + 1);
      }
    }
  }

  private static void requireFinite(float[] row, int from, int to) {
    for (int id = from; id < to; id++) {
      if (!(Math.abs(row[id]) <= Float.MAX_VALUE)) {
        throw new ArithmeticException("the logit of token %d is %s".formatted(id, row[id]));
      }
    }
  }

  private static int highest(float[] row, TokenMask mask) {
    int best = mask.next(0);
    if (best < 0) {
      throw new IllegalStateException("no token is allowed");
    }
    if (mask.allowsAll()) {
      for (int id = 1; id < row.length; id++) {
        best = row[id] > row[best] ? id : best;
      }
    } else {
      for (int index = best >> 6; index < mask.words(); index++) {
        for (long rest = mask.word(index); rest != 0; rest &= rest - 1) {
          int id = (index << 6) + Long.numberOfTrailingZeros(rest);
          best = row[id] > row[best] ? id : best;
        }
      }
    }
    return best;
  }
}
