package ai.kolm.training;

/**
 * How weights change: AdamW (Loshchilov and Hutter 2019) with a rate that rises linearly, then
 * falls as a cosine, and gradients that are cut to a norm.
 *
 * @param rate the highest
 * @param warmUp share of the steps in which it rises
 * @param floor share of the highest that it falls to
 * @param beta1 decay of the mean gradient
 * @param beta2 decay of the mean square
 * @param epsilon added to the root of the mean square
 * @param weightDecay per unit of rate
 * @param clip the longest gradient, as a Euclidean norm over all weights; 0 for no limit
 */
public record OptimizerSettings(
    double rate,
    double warmUp,
    double floor,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clip) {
  /** Rate 2e-4, 3 % warm-up, cosine to 10 %, no decay of weights, norm 1. */
  public static final OptimizerSettings DEFAULT =
      new OptimizerSettings(2e-4, 0.03, 0.1, 0.9, 0.999, 1e-8, 0, 1);

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public OptimizerSettings {
    range("rate", rate, 0, 1);
    range("warm-up", warmUp, 0, 1);
    range("floor", floor, 0, 1);
    range("beta1", beta1, 0, 0.9999999);
    range("beta2", beta2, 0, 0.9999999);
    range("epsilon", epsilon, 1e-30, 1);
    range("weight decay", weightDecay, 0, 1);
    range("clip", clip, 0, Float.MAX_VALUE);
  }

  private static void range(String name, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          "%s is %s, expected %s to %s".formatted(name, value, min, max));
    }
  }

  /** These with another highest rate. */
  public OptimizerSettings withRate(double newRate) {
    return new OptimizerSettings(newRate, warmUp, floor, beta1, beta2, epsilon, weightDecay, clip);
  }

  /**
   * The rate of a step.
   *
   * @param step 0-based
   * @param steps of the whole training
   */
  public double rate(int step, int steps) {
    int rising = (int) Math.ceil(warmUp * steps);
    if (step < rising) {
      return rate * (step + 1) / rising;
    }
    double done = (step - rising) / (double) Math.max(1, steps - 1 - rising);
    return rate * (floor + (1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, done))) / 2);
  }
}
