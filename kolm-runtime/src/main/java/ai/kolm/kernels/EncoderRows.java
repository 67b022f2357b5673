package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What encoders do element by element on the rows {@code [from, to)} of matrices: loops over
 * arrays, which the compiler turns into vector code by itself; the specification of {@link
 * GeluCode} and {@link RowCode#layerNorm}.
 *
 * <p>erf(x) = x P(x^2) for |x| up to 4, with a polynomial P of degree 18 (interpolated at 64
 * Chebyshev nodes), else 1 or -1; the polynomial itself is off by less than 2e-8. In single
 * precision its coefficients, which sum up to 1.13, and each step round: erf is off by less than
 * 2e-7.
 */
final class EncoderRows {
  /** Beyond this erf is 1 in single precision. */
  static final float END = 4;

  static final float ROOT_HALF = 0x1.6a09e6p-1f;

  /** P over t = (x^2 - 8) / 8, lowest power first. */
  @SuppressWarnings("FloatingPointLiteralPrecision") // as the polynomial was published
  static final float[] ERF = {
    0.35353099561883189f,
    -0.17657623587309923f,
    0.13167512178028368f,
    -0.10771028937887592f,
    0.090208834047992625f,
    -0.074730536103012613f,
    0.059888935456429371f,
    -0.045744001710290139f,
    0.033047585740148655f,
    -0.022563597756848353f,
    0.014397568344833189f,
    -0.0083820740551274753f,
    0.0047468291775345506f,
    -0.0029118390804114824f,
    0.0014380184434230614f,
    -0.00032430253793336306f,
    0.00015834096234357276f,
    -0.0002467088347657409f,
    9.7352022748964373e-05f
  };

  private EncoderRows() {}

  /**
   * See {@link Kernels#layerNorm}.
   *
   * @param added absent: nothing is added before
   */
  static void norm(Panels x, @Nullable Panels added, LayerNorm norm, int from, int to) {
    int width = x.width();
    float[] row = new float[width];
    float[] other = new float[width];
    for (int r = from; r < to; r++) {
      x.copyRow(r, row);
      if (added != null) {
        added.copyRow(r, other);
        for (int i = 0; i < width; i++) {
          row[i] += other[i];
        }
      }
      norm(row, norm.weight().values(), norm.bias().values(), norm.eps());
      x.setRow(r, row);
    }
  }

  private static void norm(float[] row, float[] weight, float[] bias, float eps) {
    int width = row.length;
    float[] sums = new float[Kernels.LANES];
    float[] squares = new float[Kernels.LANES];
    for (int at = 0; at < width; at += Kernels.LANES) {
      for (int i = 0; i < Math.min(Kernels.LANES, width - at); i++) {
        sums[i] += row[at + i];
      }
    }
    float mean = RowOperations.sum(sums) / width;
    Arrays.fill(sums, 0);
    for (int at = 0; at < width; at += Kernels.LANES) {
      for (int i = 0; i < Math.min(Kernels.LANES, width - at); i++) {
        float difference = row[at + i] - mean;
        sums[i] += difference;
        squares[i] = Math.fma(difference, difference, squares[i]);
        row[at + i] = difference;
      }
    }
    float rest = RowOperations.sum(sums) / width; // by which the mean was rounded
    float inverse = RowOperations.inverseRoot(RowOperations.sum(squares) / width, eps);
    for (int i = 0; i < width; i++) {
      row[i] = Math.fma((row[i] - rest) * inverse, weight[i], bias[i]);
    }
  }

  static void gelu(Panels x, int from, int to) {
    int count = (to - from) * Panels.WIDTH;
    float[] values = new float[count];
    float[] u = new float[count];
    float[] t = new float[count];
    float[] p = new float[count];
    for (int c = 0; c < x.width(); c += Panels.WIDTH) {
      MemorySegment data = x.data();
      long offset = x.offset(from, c);
      MemorySegment.copy(data, JAVA_FLOAT, offset, values, 0, count);
      begin(values, u, t, p);
      for (int k = ERF.length - 2; k >= 0; k -= 6) {
        sixPowers(p, t, k);
      }
      end(values, u, p);
      MemorySegment.copy(values, 0, data, JAVA_FLOAT, offset, count);
    }
  }

  // Loops over all values, each as long as the compiler still turns into vector code: the whole
  // polynomial at once it does not, one power at a time waits for memory.

  /** The argument of erf, that of P, and the first coefficient. */
  private static void begin(float[] values, float[] u, float[] t, float[] p) {
    for (int i = 0; i < values.length; i++) {
      u[i] = Math.max(-END, Math.min(END, values[i] * ROOT_HALF));
    }
    float first = ERF[ERF.length - 1];
    for (int i = 0; i < values.length; i++) {
      t[i] = Math.fma(u[i], u[i] * 0.125f, -1);
      p[i] = first;
    }
  }

  /** Horner's rule for the coefficients {@code k} down to {@code k - 5}. */
  private static void sixPowers(float[] p, float[] t, int k) {
    float a = ERF[k];
    float b = ERF[k - 1];
    float c = ERF[k - 2];
    float d = ERF[k - 3];
    float e = ERF[k - 4];
    float f = ERF[k - 5];
    for (int i = 0; i < p.length; i++) {
      float x = t[i];
      float three = Math.fma(Math.fma(Math.fma(p[i], x, a), x, b), x, c);
      p[i] = Math.fma(Math.fma(Math.fma(three, x, d), x, e), x, f);
    }
  }

  private static void end(float[] values, float[] u, float[] p) {
    for (int i = 0; i < values.length; i++) {
      float half = 0.5f * values[i];
      values[i] = Math.fma(half, u[i] * p[i], half);
    }
  }
}
