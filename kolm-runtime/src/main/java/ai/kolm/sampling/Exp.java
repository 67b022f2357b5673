package ai.kolm.sampling;

/**
 * The exponential of numbers that are not positive.
 *
 * <p>{@link Math#exp} may give different last bits on different machines and {@link StrictMath#exp}
 * is slow. This one uses only additions, multiplications and a table, so it is the same everywhere:
 *
 * <pre>
 * x = n ln2/256 + r,  |r| <= ln2/512
 * exp(x) = 2^(n div 256) * 2^((n mod 256)/256) * (1 + r + r^2/2 + r^3/6 + r^4/24)
 * </pre>
 *
 * <p>The remainder of the series is below 4e-17, so the relative error is a few units in the last
 * place. (Table-driven reduction: Tang 1989, "Table-driven implementation of the exponential
 * function in IEEE floating-point arithmetic".)
 */
final class Exp {
  private static final int STEPS = 256;
  private static final double STEPS_PER_UNIT = STEPS / StrictMath.log(2);
  private static final double STEP = StrictMath.log(2) / STEPS;
  private static final double SMALLEST = -700;
  private static final double[] POWERS = powers();

  private Exp() {}

  /**
   * exp(x) for x <= 0; below -700, where the result is less than 1e-304, it is 0.
   *
   * @param x not positive; may be negative infinity
   */
  static double of(double x) {
    if (x < SMALLEST) {
      return 0;
    }
    int n = (int) (x * STEPS_PER_UNIT - 0.5);
    double r = x - n * STEP;
    double series = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24))));
    long exponent = (long) (n >> 8) << 52;
    long power = Double.doubleToRawLongBits(POWERS[n & (STEPS - 1)]) + exponent;
    return Double.longBitsToDouble(power) * series;
  }

  private static double[] powers() {
    double[] powers = new double[STEPS];
    for (int i = 0; i < STEPS; i++) {
      powers[i] = StrictMath.pow(2, (double) i / STEPS);
    }
    return powers;
  }
}
