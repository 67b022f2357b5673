package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Element-by-element operations on the rows {@code [from, to)} of matrices. In a panel those rows
 * lie together, so each is a plain loop over memory, which the compiler turns into vector code by
 * itself.
 */
final class RowOperations {
  private RowOperations() {}

  static void add(Panels x, Panels y, float factor, int from, int to) {
    MemorySegment a = x.data();
    MemorySegment b = y.data();
    int count = (to - from) * Panels.WIDTH;
    for (int p = 0; p < x.panels(); p++) {
      long ao = x.offset(from, p * Panels.WIDTH);
      long bo = y.offset(from, p * Panels.WIDTH);
      for (int i = 0; i < count; i++) {
        float sum =
            Math.fma(factor, b.get(JAVA_FLOAT, bo + 4L * i), a.get(JAVA_FLOAT, ao + 4L * i));
        a.set(JAVA_FLOAT, ao + 4L * i, sum);
      }
    }
  }

  static void scale(Panels x, float factor, int from, int to) {
    for (int row = from; row < to; row++) {
      for (int p = 0; p < x.panels(); p++) {
        scalePanel(x, factor, row, p);
      }
    }
  }

  static void scalePanel(Panels x, float factor, int row, int panel) {
    MemorySegment a = x.data();
    long o = x.offset(row, panel * Panels.WIDTH);
    for (int i = 0; i < Panels.WIDTH; i++) {
      a.set(JAVA_FLOAT, o + 4L * i, factor * a.get(JAVA_FLOAT, o + 4L * i));
    }
  }

  static void addBias(Panels x, float[] bias, int from, int to) {
    for (int row = from; row < to; row++) {
      for (int c = 0; c < x.width(); c += Panels.WIDTH) {
        long o = x.offset(row, c);
        int end = Math.min(Panels.WIDTH, x.width() - c);
        for (int i = 0; i < end; i++) {
          float sum = x.data().get(JAVA_FLOAT, o + 4L * i) + bias[c + i];
          x.data().set(JAVA_FLOAT, o + 4L * i, sum);
        }
      }
    }
  }

  static void softCap(Panels x, float cap, int from, int to) {
    for (int row = from; row < to; row++) {
      for (int p = 0; p < x.panels(); p++) {
        softCapPanel(x, cap, row, p);
      }
    }
  }

  static void softCapPanel(Panels x, float cap, int row, int panel) {
    MemorySegment a = x.data();
    long o = x.offset(row, panel * Panels.WIDTH);
    int end = Math.min(Panels.WIDTH, x.width() - panel * Panels.WIDTH);
    for (int i = 0; i < end; i++) {
      a.set(JAVA_FLOAT, o + 4L * i, cap * Elementary.tanh(a.get(JAVA_FLOAT, o + 4L * i) / cap));
    }
  }

  /** The specification of {@link Kernels#rmsNorm}; lanes count from the start of a head. */
  static void norm(Panels x, ParameterVector weight, float eps, Panels y, int from, int to) {
    int dim = weight.width();
    float[] lanes = new float[Kernels.LANES];
    for (int row = from; row < to; row++) {
      for (int head = 0; head < x.width(); head += dim) {
        Arrays.fill(lanes, 0);
        for (int d = 0; d < dim; d++) {
          float v = x.get(row, head + d);
          lanes[d % Kernels.LANES] = Math.fma(v, v, lanes[d % Kernels.LANES]);
        }
        float inverse = inverseRoot(sum(lanes) / dim, eps);
        for (int d = 0; d < dim; d++) {
          y.set(row, head + d, x.get(row, head + d) * inverse * weight.values()[d]);
        }
      }
    }
  }

  /** 1 / sqrt(mean + eps). */
  static float inverseRoot(float mean, float eps) {
    return 1 / (float) Math.sqrt(mean + eps);
  }

  /** The sum of 16 partial sums: halves pairwise. Overwrites them. */
  static float sum(float[] lanes) {
    for (int half = Kernels.LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }
}
