package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * What encoders do element by element on the rows {@code [from, to)} of matrices. Every kernel set
 * has these: they are loops over arrays, which the compiler turns into vector code by itself.
 *
 * <p>erf(x) = x P(x^2) for |x| up to 4, with a polynomial P of degree 18 (interpolated at 64
 * Chebyshev nodes, in double precision), else 1 or -1; the error is below 2e-8.
 */
final class EncoderRows {
  /** Beyond this erf is 1 in single precision. */
  private static final double END = 4;

  private static final double ROOT_HALF = Math.sqrt(0.5);

  /** P over t = (x^2 - 8) / 8, lowest power first. */
  @SuppressWarnings("FloatingPointLiteralPrecision") // as the polynomial was published
  private static final double[] ERF = {
    0.35353099561883189,
    -0.17657623587309923,
    0.13167512178028368,
    -0.10771028937887592,
    0.090208834047992625,
    -0.074730536103012613,
    0.059888935456429371,
    -0.045744001710290139,
    0.033047585740148655,
    -0.022563597756848353,
    0.014397568344833189,
    -0.0083820740551274753,
    0.0047468291775345506,
    -0.0029118390804114824,
    0.0014380184434230614,
    -0.00032430253793336306,
    0.00015834096234357276,
    -0.0002467088347657409,
    9.7352022748964373e-05
  };

  private EncoderRows() {}

  static void norm(Panels x, float[] weight, float[] bias, float eps, int from, int to) {
    int width = x.width();
    float[] row = new float[width];
    for (int r = from; r < to; r++) {
      x.copyRow(r, row);
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += row[i];
      }
      double mean = sum / width;
      double squares = 0;
      for (int i = 0; i < width; i++) {
        double difference = row[i] - mean;
        squares += difference * difference;
      }
      float center = (float) mean;
      float inverse = (float) (1 / Math.sqrt(squares / width + eps));
      for (int i = 0; i < width; i++) {
        row[i] = Math.fma((row[i] - center) * inverse, weight[i], bias[i]);
      }
      x.setRow(r, row);
    }
  }

  static void gelu(Panels x, int from, int to) {
    int count = (to - from) * Panels.WIDTH;
    float[] values = new float[count];
    double[] t = new double[count];
    double[] p = new double[count];
    for (int c = 0; c < x.width(); c += Panels.WIDTH) {
      MemorySegment data = x.data();
      long offset = x.offset(from, c);
      MemorySegment.copy(data, JAVA_FLOAT, offset, values, 0, count);
      gelu(values, t, p, count);
      MemorySegment.copy(values, 0, data, JAVA_FLOAT, offset, count);
    }
  }

  /** Power by power over all values, so that each loop is a vector loop. */
  private static void gelu(float[] values, double[] t, double[] p, int count) {
    for (int i = 0; i < count; i++) {
      double x = Math.max(-END, Math.min(END, values[i] * ROOT_HALF));
      t[i] = Math.fma(x, x * 0.125, -1);
      p[i] = ERF[ERF.length - 1];
    }
    for (int k = ERF.length - 2; k >= 0; k--) {
      double coefficient = ERF[k];
      for (int i = 0; i < count; i++) {
        p[i] = Math.fma(p[i], t[i], coefficient);
      }
    }
    for (int i = 0; i < count; i++) {
      double x = Math.max(-END, Math.min(END, values[i] * ROOT_HALF));
      values[i] = (float) (0.5 * values[i] * Math.fma(x, p[i], 1));
    }
  }
}
