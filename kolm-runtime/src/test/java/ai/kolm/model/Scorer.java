package ai.kolm.model;

import java.util.Arrays;
import java.util.List;

/** Runs one sequence through a model, from an empty cache, and looks at its logits. */
final class Scorer {
  private final LanguageModel model;
  private final String adapter;

  Scorer(LanguageModel model) {
    this(model, "");
  }

  /**
   * @param adapter digest of the adapter that is applied
   */
  Scorer(LanguageModel model, String adapter) {
    this.model = model;
    this.adapter = adapter;
  }

  /** Logits of the last {@code count} positions, (count, vocabulary). */
  float[][] lastRows(int[] ids, int count) {
    float[][] rows = new float[count][];
    int[] row = {0};
    run(
        ids,
        ids.length - count,
        (position, logits) -> {
          rows[row[0]++] = logits.clone();
        });
    return rows;
  }

  /** Minus the sum of the log-probabilities of all tokens but the first. */
  double negativeLogLikelihood(int[] ids) {
    double[] sum = {0};
    run(
        ids,
        0,
        (position, logits) -> {
          if (position + 1 < ids.length) {
            sum[0] += logSumExp(logits) - logits[ids[position + 1]];
          }
        });
    return sum[0];
  }

  interface Row {
    void at(int position, float[] logits);
  }

  /** Calls back for every position from {@code first} on; the array is reused. */
  void run(int[] ids, int first, Row callback) {
    int[] blocks = new int[(ids.length + model.blockSize() - 1) / model.blockSize()];
    Arrays.setAll(blocks, i -> i);
    float[] row = new float[model.vocabularySize()];
    int step;
    for (int at = 0; at < ids.length; at += step) {
      boolean wanted = at >= first;
      step = Math.min(wanted ? model.maxBatchRows() : model.maxBatchTokens(), ids.length - at);
      if (!wanted) {
        step = Math.min(step, first - at);
      }
      int[] tokens = Arrays.copyOfRange(ids, at, at + step);
      Logits logits =
          model.forward(
              new Batch(List.of(new Batch.Slice(tokens, at, blocks, wanted ? step : 0, adapter))));
      for (int i = 0; i < logits.rows(); i++) {
        logits.copyRow(i, row);
        callback.at(at + i, row);
      }
    }
  }

  /** The ids that follow, each the most likely one. */
  int[] greedy(int[] prompt, int count) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + count);
    int[] blocks = new int[(ids.length + model.blockSize() - 1) / model.blockSize()];
    Arrays.setAll(blocks, i -> i);
    float[] row = new float[model.vocabularySize()];
    int from = 0;
    for (int at = prompt.length; at < ids.length; at++) {
      while (from < at) {
        int step = Math.min(model.maxBatchTokens(), at - from);
        int[] tokens = Arrays.copyOfRange(ids, from, from + step);
        from += step;
        model
            .forward(new Batch(List.of(new Batch.Slice(tokens, from - step, blocks, 1))))
            .copyRow(0, row);
      }
      ids[at] = argmax(row);
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  static double logSumExp(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
