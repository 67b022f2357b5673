package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The loss of a row of logits z with target t and its gradient:
 *
 * <pre>{@code
 * loss  = log(sum over c of exp(z[c])) - z[t]
 * d[c]  = factor * (exp(z[c]) / sum - (c == t))      and times 1 - (z[c] / softCap)^2 with a cap
 * }</pre>
 *
 * <p>Rows go by eights, panel by panel, so that memory is read in order; sums over a row are double
 * precision, in ascending order of 16 partial sums.
 */
public final class CrossEntropy {
  private static final int ROWS = 8;
  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  private CrossEntropy() {}

  /**
   * Losses, and gradients in place of the logits.
   *
   * @param logits (rows, vocabulary), capped already
   * @param targets from index {@code first} on, one per row
   * @param factor on gradients
   * @param softCap bound that the logits have been under, 0 for none
   * @param losses receives one loss per row, from index {@code first} on
   */
  public static void gradients(
      Kernels kernels,
      Panels logits,
      int[] targets,
      int first,
      float factor,
      float softCap,
      double[] losses) {
    int tasks = Math.ceilDiv(logits.rows(), ROWS);
    kernels
        .pool()
        .run(
            tasks,
            (task, _) -> {
              int from = task * ROWS;
              int count = Math.min(ROWS, logits.rows() - from);
              new CrossEntropy.Rows(logits, from, count, softCap)
                  .compute(targets, first + from, factor, losses);
            });
  }

  /** Up to eight rows. */
  private static final class Rows {
    private final Panels logits;
    private final MemorySegment z;
    private final int from;
    private final int count;
    private final float softCap;
    private final float[] max = new float[ROWS];
    private final double[] sums = new double[ROWS];
    private final float[] e = new float[ROWS * Panels.WIDTH];
    private final Exponentials exponential = new Exponentials(ROWS * Panels.WIDTH);

    Rows(Panels logits, int from, int count, float softCap) {
      this.logits = logits;
      this.z = logits.data();
      this.from = from;
      this.count = count;
      this.softCap = softCap;
    }

    void compute(int[] targets, int first, float factor, double[] losses) {
      Arrays.fill(max, Float.NEGATIVE_INFINITY);
      for (int c = 0; c < logits.width(); c += Panels.WIDTH) {
        maxima(logits.offset(from, c), Math.min(Panels.WIDTH, logits.width() - c));
      }
      for (int c = 0; c < logits.width(); c += Panels.WIDTH) {
        sum(logits.offset(from, c), Math.min(Panels.WIDTH, logits.width() - c));
      }
      for (int r = 0; r < count; r++) {
        float target = logits.get(from + r, targets[first + r]);
        losses[first + r] = max[r] + Math.log(sums[r]) - target;
      }
      for (int c = 0; c < logits.width(); c += Panels.WIDTH) {
        gradients(logits.offset(from, c), factor);
      }
      for (int r = 0; r < count; r++) {
        correct(r, targets[first + r], factor, losses[first + r]);
      }
      for (int c = logits.width(); c < Panels.roundUp(logits.width()); c++) {
        for (int r = 0; r < count; r++) {
          logits.set(from + r, c, 0);
        }
      }
    }

    private void maxima(long at, int width) {
      for (int r = 0; r < count; r++) {
        float most = max[r];
        for (int i = 0; i < width; i++) {
          most = Math.max(most, z.get(JAVA_FLOAT, at + r * ROW + 4L * i));
        }
        max[r] = most;
      }
    }

    private void sum(long at, int width) {
      exponentials(at);
      for (int r = 0; r < count; r++) {
        double s = 0;
        for (int i = 0; i < width; i++) {
          s += e[r * Panels.WIDTH + i];
        }
        sums[r] += s;
      }
    }

    /** Of all logits of a panel less their row's maximum. */
    private void exponentials(long at) {
      MemorySegment.copy(z, JAVA_FLOAT, at, e, 0, count * Panels.WIDTH);
      for (int r = 0; r < count; r++) {
        for (int i = 0; i < Panels.WIDTH; i++) {
          e[r * Panels.WIDTH + i] -= max[r];
        }
      }
      exponential.apply(e, count * Panels.WIDTH);
    }

    /** Everything but the target's share. */
    private void gradients(long at, float factor) {
      exponentials(at);
      for (int r = 0; r < count; r++) {
        float inverse = (float) (factor / sums[r]);
        for (int i = 0; i < Panels.WIDTH; i++) {
          e[r * Panels.WIDTH + i] *= inverse;
        }
      }
      for (int i = 0; i < count * Panels.WIDTH && softCap > 0; i++) {
        e[i] *= slope(z.get(JAVA_FLOAT, at + 4L * i));
      }
      MemorySegment.copy(e, 0, z, JAVA_FLOAT, at, count * Panels.WIDTH);
    }

    private float slope(float logit) {
      float ratio = softCap > 0 ? logit / softCap : 0;
      return 1 - ratio * ratio;
    }

    /** The target's gradient is {@code factor * (p - 1)} with p = exp(-loss). */
    private void correct(int r, int target, float factor, double loss) {
      float logit = (float) (max[r] + Math.log(sums[r]) - loss);
      float gradient = (float) (factor * Math.expm1(-loss));
      logits.set(from + r, target, gradient * slope(logit));
    }
  }
}
