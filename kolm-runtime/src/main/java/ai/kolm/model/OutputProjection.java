package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Panels;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The last norm and the product that gives logits, for the rows that want any. With a large
 * vocabulary it is the largest product of a step that decodes, so it does no more than is read:
 *
 * <ul>
 *   <li>of a prompt, only the last token has a row, unless scores are asked for;
 *   <li>where a grammar allows few tokens, which is known before the step, the logits of the others
 *       are never read. Then only the panels with an allowed token are computed ({@link
 *       LogitColumns}), by the same code, so with the same bits: nothing but time depends on it.
 * </ul>
 *
 * <p>Rows that want everything are multiplied together, so that they share the weights they read.
 * Rows that want little are multiplied one by one: two answers are seldom at the same place.
 *
 * <p>All memory is allocated when this is made. One thread at a time.
 */
final class OutputProjection {
  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Kernels kernels;
  private final Panels selected; // (rows that want everything, hidden)
  private final Panels lone; // (1, hidden): a row that wants little
  private final Panels logits; // (rows, vocabulary), row-major: those that want everything first
  private final Panels[] toLogits;
  private final Panels[][] toRow; // (rows), each one row of the logits
  private final int[] places;
  private final float[] row;

  /**
   * @param rows the most rows with logits
   */
  OutputProjection(
      ModelConfig config, DecoderWeights weights, Kernels kernels, int rows, Arena arena) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    selected = Panels.allocate(arena, rows, config.hiddenSize());
    lone = Panels.allocate(arena, 1, config.hiddenSize());
    logits = Panels.allocateRowMajor(arena, rows, config.vocabularySize());
    toLogits = new Panels[] {logits};
    toRow = new Panels[rows][];
    for (int i = 0; i < rows; i++) {
      toRow[i] = new Panels[] {logits.row(i)};
    }
    places = new int[rows];
    row = new float[config.hiddenSize()];
  }

  /** Bytes of the memory that this takes. */
  static long bytes(ModelConfig config, int rows) {
    long hidden = config.hiddenSize();
    return Float.BYTES * (rows * (hidden + config.vocabularySize()) + hidden);
  }

  /**
   * The logits that the slices of a batch want; valid until the next call.
   *
   * @param stream the residual stream behind the last layer, (tokens, hidden)
   */
  Logits project(Batch batch, Panels stream, DecoderModel.@Nullable Probe probe) {
    int whole = batch.wholeRows();
    if (whole > 0) {
      selected.reshape(whole);
    }
    int end = 0;
    int index = 0;
    int nextWhole = 0;
    int nextLone = whole;
    for (Batch.Slice slice : batch.slices()) {
      LogitColumns columns = slice.columns();
      end += slice.tokens().length;
      for (int i = end - slice.logits(); i < end; i++) {
        stream.copyRow(i, row);
        if (columns == null || columns.all()) {
          places[index++] = nextWhole;
          selected.setRow(nextWhole++, row);
        } else {
          places[index++] = nextLone;
          projectLone(columns, toRow[nextLone++], probe);
        }
      }
    }
    if (whole > 0) {
      projectSelected(probe);
    }
    int stride = (int) (logits.rowStride() / Float.BYTES);
    return new Logits(logits.data(), index, config.vocabularySize(), stride, places, whole);
  }

  private void projectSelected(DecoderModel.@Nullable Probe probe) {
    norm(selected, probe);
    kernels.multiply(selected, weights.output(), toLogits);
    if (config.logitScale() != 1) {
      kernels.scale(logits, config.logitScale());
    }
    if (config.logitSoftCap() > 0) {
      kernels.softCap(logits, config.logitSoftCap());
    }
  }

  private void projectLone(
      LogitColumns columns, Panels[] result, DecoderModel.@Nullable Probe probe) {
    lone.setRow(0, row);
    norm(lone, probe);
    int[] panels = columns.panels();
    int count = columns.count();
    kernels.multiplyPanels(lone, weights.output(), result, panels, count);
    if (config.logitScale() != 1) {
      kernels.scale(result[0], config.logitScale(), panels, count);
    }
    if (config.logitSoftCap() > 0) {
      kernels.softCap(result[0], config.logitSoftCap(), panels, count);
    }
  }

  private void norm(Panels x, DecoderModel.@Nullable Probe probe) {
    kernels.rmsNorm(x, weights.outputNorm(), config.normEps(), x);
    if (probe != null) {
      probe.at("output_norm", x);
    }
  }
}
