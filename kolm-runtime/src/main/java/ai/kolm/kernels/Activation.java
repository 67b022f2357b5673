package ai.kolm.kernels;

/** The nonlinearity of the feed-forward layer. */
public enum Activation {
  /** x * sigmoid(x). */
  SILU,
  /** Gaussian error linear unit, tanh form. */
  GELU_TANH;

  /** The specification: one value. */
  float apply(float x) {
    return switch (this) {
      case SILU -> Elementary.silu(x);
      case GELU_TANH -> Elementary.geluTanh(x);
    };
  }
}
