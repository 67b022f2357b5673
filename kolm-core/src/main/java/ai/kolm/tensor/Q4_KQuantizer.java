package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * To Q4_K, by a search for the scale and min of each group of 32.
 *
 * <p>A group is a line: level q stands for {@code scale * q - min}. Once every value has its level,
 * the best line is that of weighted least squares; but the levels depend on the line. So several
 * steps around the even division of the group's range are tried: round the values by that step, fit
 * the line to the levels, keep the line of least error. The weight of a value is its magnitude plus
 * the group's root mean square, as an error in a large weight moves a dot product more. This is the
 * idea of the k-quants of llama.cpp.
 *
 * <p>The eight scales and mins are then rounded to 6 bits in units of {@code d} and {@code dmin},
 * and the values are rounded once more, to the levels as they will be decoded.
 */
final class Q4_KQuantizer extends BlockEncoder {
  private static final int GROUPS = 8;
  private static final int GROUP = 32;
  private static final int MAX_LEVEL = 15;
  private static final int MAX_FACTOR = 63;

  /** Steps tried: those that put 14.0, 14.1, ... 16.0 levels on the range of the group. */
  private static final int STEPS = 20;

  Q4_KQuantizer() {
    super(TensorType.Q4_K);
  }

  /** Level q stands for {@code scale * q - min}. */
  private record Line(float scale, float min) {}

  @Override
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    Line[] lines = new Line[GROUPS];
    float maxScale = 0;
    float maxMin = 0;
    for (int g = 0; g < GROUPS; g++) {
      lines[g] = fit(source, from + GROUP * g);
      maxScale = Math.max(maxScale, lines[g].scale);
      maxMin = Math.max(maxMin, lines[g].min);
    }
    short d = half(maxScale / MAX_FACTOR);
    short dmin = half(maxMin / MAX_FACTOR);
    float scaleUnit = Float.float16ToFloat(d);
    float minUnit = Float.float16ToFloat(dmin);
    int[] scales = new int[GROUPS];
    int[] mins = new int[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
      scales[g] = nearest(lines[g].scale, scaleUnit, MAX_FACTOR);
      mins[g] = nearest(lines[g].min, minUnit, MAX_FACTOR);
    }
    Fields.putShort(target, at, d);
    Fields.putShort(target, at + 2, dmin);
    putFactors(scales, mins, target, at + 4);
    for (int g = 0; g < GROUPS; g += 2) {
      Line low = new Line(scaleUnit * scales[g], minUnit * mins[g]);
      Line high = new Line(scaleUnit * scales[g + 1], minUnit * mins[g + 1]);
      putLevels(source, from + GROUP * g, low, high, target, at + 16 + (long) GROUP * (g / 2));
    }
  }

  private static Line fit(float[] source, int from) {
    float lowest = 0;
    float highest = source[from];
    double squares = 0;
    for (int i = from; i < from + GROUP; i++) {
      lowest = Math.min(lowest, source[i]);
      highest = Math.max(highest, source[i]);
      squares += (double) source[i] * source[i];
    }
    if (highest == lowest) {
      return new Line(0, -lowest);
    }
    double rms = Math.sqrt(squares / GROUP);
    double range = (double) highest - lowest;
    Line best = new Line((float) (range / MAX_LEVEL), -lowest);
    double leastError = Double.POSITIVE_INFINITY;
    for (int step = 0; step <= STEPS; step++) {
      double levels = MAX_LEVEL - 1 + 2.0 * step / STEPS;
      Sums sums = new Sums(source, from, rms, lowest, (float) (range / levels));
      double offset = Math.min(0, sums.offset());
      double scale = sums.scale(offset);
      double error = sums.error(scale, offset);
      if (error < leastError) {
        leastError = error;
        best = new Line((float) scale, (float) -offset);
      }
    }
    return best;
  }

  /** The weighted sums of least squares over the values x of a group and their levels q. */
  private static final class Sums {
    private double w;
    private double wq;
    private double wqq;
    private double wx;
    private double wqx;
    private double wxx;

    Sums(float[] source, int from, double rms, float lowest, float step) {
      for (int i = from; i < from + GROUP; i++) {
        double x = source[i];
        double weight = rms + Math.abs(x);
        double q = nearest(source[i] - lowest, step, MAX_LEVEL);
        w += weight;
        wq += weight * q;
        wqq += weight * q * q;
        wx += weight * x;
        wqx += weight * q * x;
        wxx += weight * x * x;
      }
    }

    /** Where the best line crosses level 0; no number if the levels are all equal. */
    double offset() {
      return (wqq * wx - wq * wqx) / (w * wqq - wq * wq);
    }

    /** The slope of the best of the lines with this offset. */
    double scale(double offset) {
      return (wqx - offset * wq) / wqq;
    }

    /** The weighted square error of a line. */
    double error(double scale, double offset) {
      return scale * scale * wqq
          + offset * offset * w
          + wxx
          + 2 * (scale * offset * wq - scale * wqx - offset * wx);
    }
  }

  /** The nearest whole multiple of {@code unit}, from 0 to {@code max}; 0 if there is no unit. */
  private static int nearest(float value, float unit, int max) {
    return unit == 0 ? 0 : Math.clamp(Math.round(value / unit), 0, max);
  }

  /** Packs the 6-bit factors as {@link Q4_KFormat#scale} and {@link Q4_KFormat#min} read them. */
  private static void putFactors(int[] scales, int[] mins, MemorySegment target, long at) {
    for (int g = 0; g < 4; g++) {
      Fields.putByte(target, at + g, scales[g] | (scales[g + 4] >> 4 << 6));
      Fields.putByte(target, at + 4 + g, mins[g] | (mins[g + 4] >> 4 << 6));
      Fields.putByte(target, at + 8 + g, (scales[g + 4] & 0xF) | ((mins[g + 4] & 0xF) << 4));
    }
  }

  private static void putLevels(
      float[] source, int from, Line low, Line high, MemorySegment target, long at) {
    for (int i = 0; i < GROUP; i++) {
      int lower = nearest(source[from + i] + low.min, low.scale, MAX_LEVEL);
      int upper = nearest(source[from + GROUP + i] + high.min, high.scale, MAX_LEVEL);
      Fields.putByte(target, at + i, lower | (upper << 4));
    }
  }
}
