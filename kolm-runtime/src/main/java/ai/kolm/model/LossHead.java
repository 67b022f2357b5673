package ai.kolm.model;

import ai.kolm.kernels.CrossEntropy;
import ai.kolm.kernels.FrozenProduct;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.RowGradients;
import java.lang.foreign.Arena;

/**
 * Output projection and loss, for the rows that predict a token to be learned and no others: a
 * slice of rows at a time, so that logits never take more than {@value #LOGIT_BYTES} bytes.
 */
final class LossHead {
  private static final long LOGIT_BYTES = 64L << 20;
  private static final int MIN_ROWS = 64;
  private static final int MAX_ROWS = 512;

  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Kernels kernels;
  private final FrozenProduct product;
  private final Panels selected; // (rows, hidden)
  private final Panels normed; // (rows, hidden)
  private final Panels logits; // (rows, vocabulary)
  private final float[] row;
  private final int slice;

  LossHead(
      ModelConfig config,
      DecoderWeights weights,
      Kernels kernels,
      FrozenProduct product,
      Arena arena) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.product = product;
    slice = rows(config);
    selected = Panels.allocate(arena, slice, config.hiddenSize());
    normed = Panels.allocate(arena, slice, config.hiddenSize());
    logits = Panels.allocate(arena, slice, config.vocabularySize());
    row = new float[config.hiddenSize()];
  }

  private static int rows(ModelConfig config) {
    long fit = LOGIT_BYTES / ((long) Float.BYTES * config.vocabularySize());
    return Math.clamp(fit, MIN_ROWS, MAX_ROWS);
  }

  /** Bytes of what this computes with. */
  static long bytes(ModelConfig config) {
    long token = 2L * Panels.roundUp(config.hiddenSize());
    return (long) Float.BYTES * rows(config) * (token + Panels.roundUp(config.vocabularySize()));
  }

  /**
   * The sum of losses.
   *
   * @param stream (tokens, hidden): the output of the last layer
   * @param factor on gradients; 0: there are none
   * @param gradient of the stream; overwritten unless the factor is 0
   */
  double loss(Panels stream, TrainingRow input, float factor, Panels gradient) {
    int[] rows = input.predicting();
    int[] targets = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      targets[i] = input.tokens()[rows[i] + 1];
    }
    double[] losses = new double[rows.length];
    if (factor != 0) {
      gradient.reshape(stream.rows());
      gradient.data().fill((byte) 0);
    }
    for (int from = 0; from < rows.length; from += slice) {
      int count = Math.min(slice, rows.length - from);
      project(stream, rows, from, count);
      CrossEntropy.gradients(kernels, logits, targets, from, factor, config.logitSoftCap(), losses);
      if (factor != 0) {
        back(rows, from, gradient);
      }
    }
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }

  private void project(Panels stream, int[] rows, int from, int count) {
    selected.reshape(count);
    for (int i = 0; i < count; i++) {
      stream.copyRow(rows[from + i], row);
      selected.setRow(i, row);
    }
    kernels.rmsNorm(selected, weights.outputNorm(), config.normEps(), normed);
    product.multiply(normed, output(), logits);
    if (config.logitScale() != 1) {
      kernels.scale(logits, config.logitScale());
    }
    if (config.logitSoftCap() > 0) {
      kernels.softCap(logits, config.logitSoftCap());
    }
  }

  private void back(int[] rows, int from, Panels gradient) {
    if (config.logitScale() != 1) {
      kernels.scale(logits, config.logitScale());
    }
    product.multiplyTransposed(logits, output(), normed, false);
    RowGradients.norm(
        kernels, selected, weights.outputNorm(), config.normEps(), normed, false, normed);
    for (int i = 0; i < normed.rows(); i++) {
      normed.copyRow(i, row);
      gradient.setRow(rows[from + i], row);
    }
  }

  private Matrix.Plain output() {
    return (Matrix.Plain) weights.output()[0];
  }
}
