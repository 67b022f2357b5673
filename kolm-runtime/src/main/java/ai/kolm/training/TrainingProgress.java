package ai.kolm.training;

import java.util.OptionalDouble;

/**
 * A step that is done.
 *
 * @param step 1-based
 * @param steps of the whole training, unless it ends early
 * @param epoch 1-based
 * @param loss mean over the tokens to be learned in this step, before it
 * @param devLoss mean over the dev part after this step, where it was looked at
 * @param rate of this step
 * @param gradientNorm before it was cut
 * @param tokens of this step, all that were computed
 * @param seconds it took
 * @param secondsLeft for the steps that remain, at the mean speed so far
 * @param bytes memory that training takes, as estimated
 */
public record TrainingProgress(
    int step,
    int steps,
    int epoch,
    double loss,
    OptionalDouble devLoss,
    double rate,
    double gradientNorm,
    int tokens,
    double seconds,
    double secondsLeft,
    long bytes) {

  /** Tokens per second of this step. */
  public double tokensPerSecond() {
    return tokens / seconds;
  }
}
