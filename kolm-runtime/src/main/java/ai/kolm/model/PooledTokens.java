package ai.kolm.model;

import ai.kolm.kernels.Panels;
import ai.kolm.model.EmbeddingModel.Pooling;

/** The vectors of a sequence's tokens, taken in as they come, of which one is made. */
final class PooledTokens {
  private final Pooling pooling;
  private final double[] sums;
  private final float[] row;
  private int count;

  /**
   * @param width numbers of a vector
   */
  PooledTokens(Pooling pooling, int width) {
    this.pooling = pooling;
    sums = new double[pooling == Pooling.MEAN ? width : 0];
    row = new float[width];
  }

  /** Takes the next tokens: {@code rows} of (tokens, width), from {@code first} on. */
  void add(Panels tokens, int first, int rows) {
    switch (pooling) {
      case MEAN -> {
        for (int r = first; r < first + rows; r++) {
          tokens.copyRow(r, row);
          for (int c = 0; c < sums.length; c++) {
            sums[c] += row[c];
          }
        }
      }
      case CLS -> {
        if (count == 0) {
          tokens.copyRow(first, row);
        }
      }
      case LAST -> tokens.copyRow(first + rows - 1, row);
    }
    count += rows;
  }

  /** What all tokens make; nothing can be taken in after that. */
  float[] vector() {
    for (int c = 0; c < sums.length; c++) {
      row[c] = (float) (sums[c] / count);
    }
    return row;
  }
}
