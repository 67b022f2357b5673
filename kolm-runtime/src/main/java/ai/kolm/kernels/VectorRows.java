package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.F2I;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Norms, activations and the exponentials of attention, with the operations of {@link Elementary}
 * in vectors.
 */
final class VectorRows {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = F.length();

  /** Bytes of a row of a panel. */
  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  /** Bytes of the partial sums of a sum over a row. */
  static final long SUMS = (long) Kernels.LANES * Float.BYTES;

  private VectorRows() {}

  /**
   * Root mean square norm of the rows {@code [from, to)}, or of their heads, which are whole
   * panels.
   *
   * @param s scratch of {@link #SUMS} bytes at {@code so}
   */
  static void norm(
      Panels x,
      ParameterVector weight,
      float eps,
      Panels y,
      int from,
      int to,
      MemorySegment s,
      long so) {
    int panels = Panels.roundUp(weight.width()) / Panels.WIDTH;
    for (int row = from; row < to; row++) {
      for (int head = 0; head < x.width(); head += weight.width()) {
        for (int lane = 0; lane < Kernels.LANES; lane += LANES) {
          long at = x.offset(row, head + lane);
          squares(x.data(), at, x.panelStride(), panels, s, so + 4L * lane);
        }
        float inverse = RowOperations.inverseRoot(sum(s, so) / weight.width(), eps);
        scale(
            x.data(),
            x.offset(row, head),
            x.panelStride(),
            y.data(),
            y.offset(row, head),
            y.panelStride(),
            weight.values(),
            inverse,
            panels);
      }
    }
  }

  /** Squares of two half panels at a time: columns i and i + 16 go to the same partial sum. */
  private static void squares(
      MemorySegment x, long xo, long stride, int panels, MemorySegment s, long so) {
    FloatVector sums = FloatVector.zero(F);
    for (int p = 0; p < panels; p++) {
      FloatVector low = FloatVector.fromMemorySegment(F, x, xo + p * stride, LE);
      FloatVector high = FloatVector.fromMemorySegment(F, x, xo + p * stride + ROW / 2, LE);
      sums = low.fma(low, sums);
      sums = high.fma(high, sums);
    }
    sums.intoMemorySegment(s, so, LE);
  }

  private static void scale(
      MemorySegment x,
      long xo,
      long xStride,
      MemorySegment y,
      long yo,
      long yStride,
      float[] weight,
      float inverse,
      int panels) {
    for (int p = 0; p < panels; p++) {
      for (int i = 0; i < Panels.WIDTH; i += LANES) {
        FloatVector.fromMemorySegment(F, x, xo + p * xStride + 4L * i, LE)
            .mul(inverse)
            .mul(FloatVector.fromArray(F, weight, p * Panels.WIDTH + i))
            .intoMemorySegment(y, yo + p * yStride + 4L * i, LE);
      }
    }
  }

  /** The sum of 16 partial sums: halves pairwise. Overwrites them. */
  static float sum(MemorySegment s, long so) {
    for (int half = Kernels.LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        float other = s.get(ValueLayout.JAVA_FLOAT, so + 4L * (i + half));
        s.set(
            ValueLayout.JAVA_FLOAT,
            so + 4L * i,
            s.get(ValueLayout.JAVA_FLOAT, so + 4L * i) + other);
      }
    }
    return s.get(ValueLayout.JAVA_FLOAT, so);
  }

  /** e to the power of x; x is at most {@link Elementary#EXP_MAX}. */
  private static FloatVector exp(FloatVector x) {
    FloatVector y = x.max(Elementary.EXP_MIN);
    FloatVector n =
        y.fma(
                FloatVector.broadcast(F, Elementary.LOG2_E),
                FloatVector.broadcast(F, Elementary.ROUND))
            .sub(Elementary.ROUND);
    FloatVector m = n.neg();
    FloatVector r = m.fma(FloatVector.broadcast(F, Elementary.LN2_HIGH), y);
    r = m.fma(FloatVector.broadcast(F, Elementary.LN2_LOW), r);
    FloatVector p =
        FloatVector.broadcast(F, Elementary.C6).fma(r, FloatVector.broadcast(F, Elementary.C5));
    p = p.fma(r, FloatVector.broadcast(F, Elementary.C4));
    p = p.fma(r, FloatVector.broadcast(F, Elementary.C3));
    p = p.fma(r, FloatVector.broadcast(F, Elementary.C2));
    p = p.fma(r, FloatVector.broadcast(F, Elementary.C1));
    p = p.fma(r.mul(r), r).add(1);
    IntVector exponent =
        ((IntVector) n.convert(F2I, 0))
            .add(Elementary.EXPONENT_BIAS)
            .lanewise(VectorOperators.LSHL, Elementary.EXPONENT_SHIFT);
    FloatVector power = p.mul(exponent.reinterpretAsFloats());
    return FloatVector.zero(F).blend(power, x.lt(Elementary.EXP_MIN).not());
  }

  /** gate = silu(gate) * up over {@code count} contiguous floats, a multiple of 32. */
  static void silu(MemorySegment gate, long go, MemorySegment up, long uo, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(F, gate, go + 4L * i, LE);
      FloatVector e = exp(x.neg().min(Elementary.EXP_MAX)).add(1);
      x.mul(FloatVector.broadcast(F, 1).div(e))
          .mul(FloatVector.fromMemorySegment(F, up, uo + 4L * i, LE))
          .intoMemorySegment(gate, go + 4L * i, LE);
    }
  }

  /** gate = gelu(gate) * up, tanh form. */
  static void geluTanh(MemorySegment gate, long go, MemorySegment up, long uo, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(F, gate, go + 4L * i, LE);
      FloatVector cubed = x.mul(x).mul(x);
      FloatVector u =
          FloatVector.broadcast(F, Elementary.GELU_CUBIC).fma(cubed, x).mul(Elementary.GELU_SCALE);
      FloatVector e = exp(u.neg().min(Elementary.EXP_MAX)).add(1);
      x.mul(FloatVector.broadcast(F, 1).div(e))
          .mul(FloatVector.fromMemorySegment(F, up, uo + 4L * i, LE))
          .intoMemorySegment(gate, go + 4L * i, LE);
    }
  }

  /**
   * Scales and caps the scores of one row and returns the largest. Scores are panel-major;
   * positions outside {@code [first, end)}, relative to the first panel, become minus infinity.
   */
  static float scores(
      MemorySegment s,
      long so,
      long stride,
      int panels,
      int first,
      int end,
      float scale,
      float cap) {
    FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    FloatVector outside = max;
    FloatVector index = FloatVector.zero(F).addIndex(1);
    for (int p = 0; p < panels; p++) {
      for (int i = 0; i < Panels.WIDTH; i += LANES) {
        long o = so + p * stride + 4L * i;
        FloatVector x = FloatVector.fromMemorySegment(F, s, o, LE).mul(scale);
        if (cap > 0) {
          FloatVector e = exp(x.div(cap).mul(2).min(Elementary.EXP_MAX)).add(1);
          FloatVector inverse = FloatVector.broadcast(F, 1).div(e);
          x = FloatVector.broadcast(F, -2).fma(inverse, FloatVector.broadcast(F, 1)).mul(cap);
        }
        int from = first - p * Panels.WIDTH - i;
        int to = end - p * Panels.WIDTH - i;
        if (from > 0 || to < LANES) {
          x = outside.blend(x, index.lt(to).and(index.lt(from).not()));
        }
        max = max.max(x);
        x.intoMemorySegment(s, o, LE);
      }
    }
    float largest = Float.NEGATIVE_INFINITY;
    for (int lane = 0; lane < LANES; lane++) {
      largest = Math.max(largest, max.lane(lane));
    }
    return largest;
  }

  /**
   * Replaces scores by exp(score - max), adding them to 16 partial sums by position.
   *
   * @param t receives the partial sums at {@code to}
   */
  static void exponentials(
      MemorySegment s, long so, long stride, int panels, float max, MemorySegment t, long to) {
    for (int lane = 0; lane < Kernels.LANES; lane += LANES) {
      FloatVector sums = FloatVector.zero(F);
      for (int p = 0; p < panels; p++) {
        for (long half = 0; half < ROW; half += SUMS) {
          long o = so + p * stride + half + 4L * lane;
          FloatVector e = exp(FloatVector.fromMemorySegment(F, s, o, LE).sub(max));
          sums = sums.add(e);
          e.intoMemorySegment(s, o, LE);
        }
      }
      sums.intoMemorySegment(t, to + 4L * lane, LE);
    }
  }
}
