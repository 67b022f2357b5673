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
      double mean = sum(row) / width;
      double squares = sumOfSquares(row, mean);
      float center = (float) mean;
      float inverse = (float) (1 / Math.sqrt(squares / width + eps));
      for (int i = 0; i < width; i++) {
        row[i] = Math.fma((row[i] - center) * inverse, weight[i], bias[i]);
      }
      x.setRow(r, row);
    }
  }

  /** Four chains of additions, by index modulo 4: one would wait for itself. */
  private static double sum(float[] row) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int whole = row.length & -4;
    for (int i = 0; i < whole; i += 4) {
      a += row[i];
      b += row[i + 1];
      c += row[i + 2];
      d += row[i + 3];
    }
    for (int i = whole; i < row.length; i++) {
      a += row[i];
    }
    return (a + b) + (c + d);
  }

  /** Of the differences to {@code mean}; chains as those of {@link #sum}. */
  private static double sumOfSquares(float[] row, double mean) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int whole = row.length & -4;
    for (int i = 0; i < whole; i += 4) {
      a = square(row[i] - mean, a);
      b = square(row[i + 1] - mean, b);
      c = square(row[i + 2] - mean, c);
      d = square(row[i + 3] - mean, d);
    }
    for (int i = whole; i < row.length; i++) {
      a = square(row[i] - mean, a);
    }
    return (a + b) + (c + d);
  }

  private static double square(double difference, double sum) {
    return Math.fma(difference, difference, sum);
  }

  static void gelu(Panels x, int from, int to) {
    int count = (to - from) * Panels.WIDTH;
    float[] values = new float[count];
    double[] u = new double[count];
    double[] t = new double[count];
    double[] p = new double[count];
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
  private static void begin(float[] values, double[] u, double[] t, double[] p) {
    for (int i = 0; i < values.length; i++) {
      u[i] = Math.max(-END, Math.min(END, values[i] * ROOT_HALF));
    }
    double first = ERF[ERF.length - 1];
    for (int i = 0; i < values.length; i++) {
      t[i] = Math.fma(u[i], u[i] * 0.125, -1);
      p[i] = first;
    }
  }

  /** Horner's rule for the coefficients {@code k} down to {@code k - 5}. */
  private static void sixPowers(double[] p, double[] t, int k) {
    double a = ERF[k];
    double b = ERF[k - 1];
    double c = ERF[k - 2];
    double d = ERF[k - 3];
    double e = ERF[k - 4];
    double f = ERF[k - 5];
    for (int i = 0; i < p.length; i++) {
      double x = t[i];
      double three = Math.fma(Math.fma(Math.fma(p[i], x, a), x, b), x, c);
      p[i] = Math.fma(Math.fma(Math.fma(three, x, d), x, e), x, f);
    }
  }

  private static void end(float[] values, double[] u, double[] p) {
    for (int i = 0; i < values.length; i++) {
      p[i] = Math.fma(u[i], p[i], 1);
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.5 * values[i] * p[i]);
    }
  }
}
