package ai.kolm.eval;

/**
 * The K-score, {@code kolm-k/1}: accuracy, size, latency, cost and coverage in one number, all
 * measured in the run, with the same budgets for both sides. A weak guard alone: the gate has rules
 * for accuracy besides.
 *
 * @param a accuracy
 * @param s size
 * @param l latency
 * @param c cost
 * @param v coverage
 */
public record KScore(double a, double s, double l, double c, double v) {
  private static final double ACCURACY = 0.40;
  private static final double OTHER = 0.15;
  private static final double HALVINGS = 4;

  /**
   * What a model may cost.
   *
   * @param bytes of its artifact
   * @param millis for the 95th percentile of its answers
   * @param usd for 1,000 calls
   */
  public record Budgets(double bytes, double millis, double usd) {
    /** Of an artifact whose manifest says nothing. */
    public static final double DEFAULT_BYTES = 4.0 * (1L << 30);

    /** The least that answers may take. */
    public static final double LEAST_MILLIS = 2_000;
  }

  /** The score. */
  public double k() {
    return ACCURACY * a + OTHER * (s + l + c + v);
  }

  /** This score with another accuracy. */
  public KScore withAccuracy(double newA) {
    return new KScore(newA, s, l, c, v);
  }

  /** 1 within the budget, 0 from sixteen times the budget on. */
  static double size(double bytes, double budget) {
    double halvings = Math.log(bytes / budget) / Math.log(2);
    return bytes <= budget ? 1 : Math.max(0, 1 - halvings / HALVINGS);
  }

  /** 1 within the budget, else its share. */
  static double ratio(double budget, double value) {
    return value <= 0 ? 1 : Math.min(1, budget / value);
  }
}
