package ai.kolm.kernels;

/**
 * What a layer norm ({@link Kernels#layerNorm}) knows.
 *
 * @param weight (width)
 * @param bias (width)
 * @param eps added to variances
 */
public record LayerNorm(ParameterVector weight, ParameterVector bias, float eps) {
  /**
   * @throws IllegalArgumentException if weight and bias differ in width
   */
  public LayerNorm {
    if (weight.width() != bias.width()) {
      throw new IllegalArgumentException(
          "norm with %d weights and %d biases".formatted(weight.width(), bias.width()));
    }
  }
}
