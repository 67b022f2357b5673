package ai.kolm.bench;

import java.util.Arrays;

/**
 * The repetitions of one test.
 *
 * @param test what was repeated
 * @param tokensPerSecond of each repetition, at least one
 */
public record Speeds(BenchTest test, double[] tokensPerSecond) {
  /**
   * Copies the numbers.
   *
   * @throws IllegalArgumentException if there are none, or one is not a positive number
   */
  public Speeds {
    tokensPerSecond = tokensPerSecond.clone();
    if (tokensPerSecond.length == 0) {
      throw new IllegalArgumentException(test.name() + ": no repetitions");
    }
    for (double speed : tokensPerSecond) {
      if (!(speed > 0 && Double.isFinite(speed))) {
        throw new IllegalArgumentException("%s: %s tokens/s".formatted(test.name(), speed));
      }
    }
  }

  /** The middle one; between the middle two if they are even in number. */
  public double median() {
    double[] sorted = sorted();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The slowest. */
  public double min() {
    return sorted()[0];
  }

  /** The fastest. */
  public double max() {
    return sorted()[tokensPerSecond.length - 1];
  }

  private double[] sorted() {
    double[] sorted = tokensPerSecond.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
