package ai.kolm.kernels;

/**
 * The elementary functions of the network, in a fixed sequence of correctly rounded operations, so
 * that every implementation gives the same bits. ({@code Math.exp} and the Vector API's operators
 * may differ from platform to platform, and the latter between interpreted and compiled code.)
 *
 * <p>exp: Cody and Waite's reduction by multiples of ln 2, then a polynomial of degree 6 (minimax
 * on [-ln2/2, ln2/2]); the error is below 1.5 units in the last place.
 */
final class Elementary {
  /** Above this exp overflows; the argument is clamped. */
  static final float EXP_MAX = 88.0f;

  /** Below this the result is zero: exp of it is the smallest normal number. */
  static final float EXP_MIN = -0x1.5d589ep6f;

  static final float LOG2_E = 0x1.715476p0f;
  static final float LN2_HIGH = 0x1.63p-1f;
  static final float LN2_LOW = -0x1.bd0106p-13f;

  /** Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even. */
  static final float ROUND = 12582912.0f;

  static final float C6 = 0x1.a0d2cep-13f;
  static final float C5 = 0x1.6e879cp-10f;
  static final float C4 = 0x1.11121p-7f;
  static final float C3 = 0x1.555382p-5f;
  static final float C2 = 0x1.555554p-3f;
  static final float C1 = 0x1.0p-1f;

  static final int EXPONENT_SHIFT = 23;
  static final int EXPONENT_BIAS = 127;

  private Elementary() {}

  /** e to the power of x. */
  static float exp(float x) {
    if (x < EXP_MIN) {
      return 0;
    }
    float y = Math.min(x, EXP_MAX);
    float n = Math.fma(y, LOG2_E, ROUND) - ROUND;
    float r = Math.fma(-n, LN2_LOW, Math.fma(-n, LN2_HIGH, y));
    float p = Math.fma(C6, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    p = Math.fma(p, r * r, r) + 1;
    return p * Float.intBitsToFloat(((int) n + EXPONENT_BIAS) << EXPONENT_SHIFT);
  }

  /** The logistic function. */
  static float sigmoid(float x) {
    return 1 / (1 + exp(-x));
  }

  /** x * sigmoid(x). */
  static float silu(float x) {
    return x * sigmoid(x);
  }

  /** 2 * sqrt(2 / pi): see {@link #geluTanh}. */
  static final float GELU_SCALE = 0x1.988452p0f;

  static final float GELU_CUBIC = 0x1.6e4e26p-5f;

  /**
   * x/2 * (1 + tanh(u)) with u = sqrt(2/pi) * (x + 0.044715 x^3) (Hendrycks and Gimpel 2016), which
   * is x * sigmoid(2u).
   */
  static float geluTanh(float x) {
    return x * sigmoid(geluTanhArgument(x));
  }

  /** 2u of {@link #geluTanh}. */
  static float geluTanhArgument(float x) {
    return GELU_SCALE * Math.fma(GELU_CUBIC, x * x * x, x);
  }

  /** The derivative of 2u by x. */
  static float geluTanhSlope(float x) {
    return GELU_SCALE * Math.fma(3 * GELU_CUBIC, x * x, 1);
  }

  /** Hyperbolic tangent. */
  static float tanh(float x) {
    return Math.fma(-2, 1 / (exp(2 * x) + 1), 1);
  }
}
