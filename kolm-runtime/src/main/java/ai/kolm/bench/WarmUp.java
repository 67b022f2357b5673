package ai.kolm.bench;

/**
 * Decides when a test has been repeated often enough for the just-in-time compiler. Compilation
 * goes in steps with plateaus between them, so that a test is warm when {@value #CALM} rounds in a
 * row were not faster than the best before them and {@value #LEAST_SECONDS} seconds have gone by;
 * or when it has taken {@value #MOST_SECONDS} seconds.
 */
final class WarmUp {
  private static final int CALM = 3;
  private static final double LEAST_SECONDS = 3;
  private static final double MOST_SECONDS = 20;

  /** A round counts as faster when it takes less than this share of the best one's time. */
  private static final double FASTER = 0.98;

  private double best = Double.POSITIVE_INFINITY;
  private double total;
  private int calm;

  /** Whether no more rounds are needed after one that took {@code seconds}. */
  boolean done(double seconds) {
    calm = seconds < FASTER * best ? 0 : calm + 1;
    best = Math.min(best, seconds);
    total += seconds;
    return total >= MOST_SECONDS || (calm >= CALM && total >= LEAST_SECONDS);
  }
}
