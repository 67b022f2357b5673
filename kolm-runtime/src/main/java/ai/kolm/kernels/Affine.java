package ai.kolm.kernels;

import java.util.Arrays;

/**
 * A matrix and what is added to its products.
 *
 * @param matrix (outputs, inputs)
 * @param bias (outputs)
 */
public record Affine(Matrix matrix, ParameterVector bias) {
  /**
   * @throws IllegalArgumentException if there is no bias for each output
   */
  public Affine {
    if (bias.width() != matrix.rows()) {
      throw new IllegalArgumentException(
          "%s: %d biases for %d outputs".formatted(matrix.name(), bias.width(), matrix.rows()));
    }
  }

  static Matrix[] matrices(Affine[] w) {
    Matrix[] matrices = new Matrix[w.length];
    Arrays.setAll(matrices, i -> w[i].matrix());
    return matrices;
  }
}
