package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Gradients of the operations of {@link Kernels} that work row by row. Plain Java in all kernel
 * sets: beside the products they are a few percent of a step.
 */
public final class RowGradients {
  private RowGradients() {}

  /**
   * Gradient of the root mean square norm, of whole rows or of each head. With {@code n} elements
   * and {@code i = 1 / sqrt(mean(x^2) + eps)},
   *
   * <pre>{@code
   * g[c] (+)= i * (w[c] * d[c]  -  x[c] * i^2 / n * sum over e of w[e] * d[e] * x[e])
   * }</pre>
   *
   * @param x what came in, (rows, width)
   * @param weight of a row, or of each head, of n elements
   * @param d gradient of the result
   * @param add whether to add to g
   * @param g gradient of x; may be d
   */
  public static void norm(
      Kernels kernels,
      Panels x,
      ParameterVector weight,
      float eps,
      Panels d,
      boolean add,
      Panels g) {
    kernels.eachRow(
        x.rows(),
        (from, to, _) -> {
          Norm norm = new Norm(x.width(), weight.toArray(), eps);
          for (int row = from; row < to; row++) {
            norm.apply(x, d, row, add, g);
          }
        });
  }

  /** Row after row, in arrays. */
  private static final class Norm {
    private final float[] weight;
    private final float eps;
    private final float[] x;
    private final float[] d; // times weight, then the gradient
    private final float[] sum;
    private final float[] squares = new float[Kernels.LANES];
    private final float[] products = new float[Kernels.LANES];

    Norm(int width, float[] weight, float eps) {
      this.weight = weight;
      this.eps = eps;
      x = new float[width];
      d = new float[width];
      sum = new float[width];
    }

    void apply(Panels from, Panels gradient, int row, boolean add, Panels to) {
      from.copyRow(row, x);
      gradient.copyRow(row, d);
      for (int c = 0; c < x.length; c += weight.length) {
        group(c);
      }
      if (add) {
        to.copyRow(row, sum);
        for (int c = 0; c < d.length; c++) {
          d[c] += sum[c];
        }
      }
      to.setRow(row, d);
    }

    private void group(int first) {
      int n = weight.length;
      Arrays.fill(squares, 0);
      Arrays.fill(products, 0);
      for (int c = 0; c < n; c++) {
        d[first + c] *= weight[c];
      }
      for (int c = 0; c < n; c += Kernels.LANES) {
        int end = Math.min(Kernels.LANES, n - c);
        for (int lane = 0; lane < end; lane++) {
          float v = x[first + c + lane];
          squares[lane] = Math.fma(v, v, squares[lane]);
          products[lane] = Math.fma(d[first + c + lane], v, products[lane]);
        }
      }
      float inverse = RowOperations.inverseRoot(RowOperations.sum(squares) / n, eps);
      float part = RowOperations.sum(products) * inverse * inverse / n;
      for (int c = first; c < first + n; c++) {
        d[c] = inverse * (d[c] - x[c] * part);
      }
    }
  }

  /**
   * Gradients of the gated unit {@code h = activation(gate) * up}.
   *
   * @param d gradient of h; receives the gradient of {@code up}
   * @param g receives the gradient of {@code gate}
   */
  public static void gate(
      Kernels kernels, Panels gate, Panels up, Activation activation, Panels d, Panels g) {
    g.reshape(d.rows());
    kernels.eachRow(
        d.rows(),
        (from, to, _) -> {
          Gate unit = new Gate((to - from) * Panels.WIDTH, activation);
          for (int c = 0; c < d.width(); c += Panels.WIDTH) {
            // All four matrices have the same shape, so one offset serves them.
            unit.apply(gate.data(), up.data(), d.data(), g.data(), gate.offset(from, c));
          }
        });
  }

  /** Some rows of a panel after the other, in arrays. */
  private static final class Gate {
    private final Activation activation;
    private final float[] x; // gate
    private final float[] u; // up
    private final float[] d; // gradient of h, then of up
    private final float[] s; // sigmoid of what the activation puts into it
    private final float[] slope; // derivative of that
    private final Exponentials exponentials;

    Gate(int size, Activation activation) {
      this.activation = activation;
      x = new float[size];
      u = new float[size];
      d = new float[size];
      s = new float[size];
      slope = new float[size];
      exponentials = new Exponentials(size);
    }

    /** Both activations are {@code x * sigmoid(a(x))}. */
    void apply(MemorySegment gate, MemorySegment up, MemorySegment h, MemorySegment g, long at) {
      int count = x.length;
      MemorySegment.copy(gate, JAVA_FLOAT, at, x, 0, count);
      MemorySegment.copy(up, JAVA_FLOAT, at, u, 0, count);
      MemorySegment.copy(h, JAVA_FLOAT, at, d, 0, count);
      arguments();
      exponentials.apply(s, count);
      for (int i = 0; i < count; i++) {
        s[i] = 1 / (1 + s[i]);
        u[i] = d[i] * u[i] * (s[i] * Math.fma(x[i] * (1 - s[i]), slope[i], 1));
        d[i] *= x[i] * s[i];
      }
      MemorySegment.copy(d, 0, h, JAVA_FLOAT, at, count);
      MemorySegment.copy(u, 0, g, JAVA_FLOAT, at, count);
    }

    private void arguments() {
      for (int i = 0; i < x.length; i++) {
        switch (activation) {
          case SILU -> {
            s[i] = Math.min(-x[i], Elementary.EXP_MAX);
            slope[i] = 1;
          }
          case GELU_TANH -> {
            s[i] = Math.min(-Elementary.geluTanhArgument(x[i]), Elementary.EXP_MAX);
            slope[i] = Elementary.geluTanhSlope(x[i]);
          }
        }
      }
    }
  }
}
