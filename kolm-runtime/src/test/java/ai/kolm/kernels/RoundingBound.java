package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.tensor.Tensor;

/** How far products with rounded activations may be from exact ones. */
final class RoundingBound {
  private RoundingBound() {}

  /**
   * Activations are rounded to a part of the range of their block of 32, twice the largest integer,
   * so a product differs by at most half of that part times the sum of |w|. On top comes the
   * rounding of two chains of floats; their terms q * scale and minimum are each at most 128 times
   * the largest |w| of the block, as quants have at most 6 bits or no minimum and those of a random
   * block differ.
   */
  static void assertWithin(
      Tensor tensor, Panels x, Panels expected, Panels actual, Rounding rounding, String what) {
    int columns = (int) tensor.shape().columns();
    float[] weights = new float[columns];
    for (int out = 0; out < expected.width(); out++) {
      ScalarKernels.decodeRow(tensor, out, weights);
      for (int row = 0; row < x.rows(); row++) {
        double bound = 0;
        for (int b = 0; b < columns; b += 32) {
          double largestWeight = 0;
          double largest = 0;
          double sum = 0;
          for (int k = b; k < b + 32; k++) {
            largestWeight = Math.max(largestWeight, Math.abs(weights[k]));
            largest = Math.max(largest, Math.abs(x.get(row, k)));
            sum += Math.abs(weights[k]);
          }
          double chain = 32 * 128 * largestWeight * largest;
          bound += largest / (2.0 * rounding.largest()) * sum;
          bound += (columns / 32 + 4) * 0x1p-24 * chain;
        }
        assertEquals(expected.get(row, out), actual.get(row, out), 1e-12 + bound, what);
      }
    }
  }
}
