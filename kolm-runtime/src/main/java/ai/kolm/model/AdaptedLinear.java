package ai.kolm.model;

import ai.kolm.kernels.FrozenProduct;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.LowRankProduct;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: frozen weights, a bias where the model has one, and a product of low rank where
 * the adapter has one.
 *
 * @param weight (outputs, inputs)
 * @param bias (outputs)
 * @param adapter of the same inputs and outputs
 */
record AdaptedLinear(Matrix.Plain weight, float @Nullable [] bias, @Nullable LowRank adapter) {

  /** What computes. */
  record Products(Kernels kernels, FrozenProduct frozen, LowRankProduct lowRank) {}

  /**
   * y = x W^T + bias + scale * B (A x).
   *
   * @param z receives the adapter's thin product; anything if there is no adapter
   */
  void forward(Products products, Panels x, @Nullable Panels z, Panels y) {
    products.frozen().multiply(x, weight, y);
    if (bias != null) {
      products.kernels().addBias(y, bias);
    }
    if (adapter != null && z != null) {
      products.lowRank().forward(x, adapter, z, y);
    }
  }

  /** Only what {@link #backward} needs of {@link #forward}: z. */
  void thin(Products products, Panels x, @Nullable Panels z) {
    if (adapter != null && z != null) {
      products.lowRank().thin(x, adapter, z);
    }
  }

  /**
   * Adds to the adapter's gradients, and gives that of x.
   *
   * @param d gradient of y
   * @param g gradient of x
   * @param add whether to add to g
   */
  void backward(Products products, Panels x, @Nullable Panels z, Panels d, Panels g, boolean add) {
    products.frozen().multiplyTransposed(d, weight, g, add);
    if (adapter != null && z != null) {
      products.lowRank().backward(x, adapter, z, d, g);
    }
  }
}
