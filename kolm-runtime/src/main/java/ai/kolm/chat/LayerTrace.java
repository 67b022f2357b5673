package ai.kolm.chat;

import ai.kolm.engine.EngineLimits;
import ai.kolm.kernels.Panels;
import ai.kolm.model.Batch;
import ai.kolm.model.DecoderModel;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model computes on its way from tokens to logits, as figures small enough to print: for
 * finding the layer where two implementations part.
 */
public final class LayerTrace {
  private static final int FIRST = 8;

  private LayerTrace() {}

  /**
   * One stage of the forward pass.
   *
   * @param name {@code embedding}, {@code layer.3}, {@code layer.0.attn_q}, {@code output_norm}
   * @param mean over all positions and channels
   * @param deviation standard deviation, over the same
   * @param lastMean mean over the channels of the last position
   * @param lastDeviation standard deviation, over the same
   * @param lastFirst the first values of the last position, at most 8
   */
  public record Stage(
      String name,
      double mean,
      double deviation,
      double lastMean,
      double lastDeviation,
      float[] lastFirst) {}

  /**
   * Runs {@code ids} through the model of {@code files} in one batch.
   *
   * @param ids at least one, at most the context length
   * @return the stages in the order in which they are computed
   * @throws ModelFormatException if the weights do not make up a model kolm knows
   * @throws IllegalArgumentException if there are no ids, too many, or one out of range
   */
  public static List<Stage> of(ModelFiles files, RunOptions options, int[] ids)
      throws ModelFormatException {
    List<Stage> stages = new ArrayList<>();
    RunOptions oneBatch = options.withLimits(new EngineLimits(ids.length, 1, 1, 1));
    try (DecoderModel model = ModelRunner.load(files, oneBatch)) {
      model.probe((name, values) -> stages.add(stage(name, values)));
      int blocks = Math.ceilDiv(ids.length, model.blockSize());
      int[] all = IntStream.range(0, blocks).toArray();
      model.forward(new Batch(List.of(new Batch.Slice(ids, 0, all, 1))));
    }
    return stages;
  }

  private static Stage stage(String name, Panels values) {
    float[] row = new float[Panels.roundUp(values.width())];
    Moments all = new Moments();
    Moments last = new Moments();
    for (int i = 0; i < values.rows(); i++) {
      values.copyRow(i, row);
      last = new Moments();
      for (int j = 0; j < values.width(); j++) {
        all.add(row[j]);
        last.add(row[j]);
      }
    }
    float[] first = new float[Math.min(FIRST, values.width())];
    System.arraycopy(row, 0, first, 0, first.length);
    return new Stage(name, all.mean(), all.deviation(), last.mean(), last.deviation(), first);
  }

  /** Mean and standard deviation of values that come one by one (Welford 1962). */
  private static final class Moments {
    private long count;
    private double mean;
    private double squares;

    void add(double value) {
      count++;
      double delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    }

    double mean() {
      return mean;
    }

    double deviation() {
      return count == 0 ? 0 : Math.sqrt(squares / count);
    }
  }
}
