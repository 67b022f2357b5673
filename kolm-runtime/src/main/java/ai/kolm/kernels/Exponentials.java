package ai.kolm.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The exponential of {@link Elementary} over arrays, in loops that the compiler turns into vector
 * code: no branches, and powers of two made as integers that are then copied, bit by bit, to
 * floats.
 *
 * <p>Arguments are at most {@link Elementary#EXP_MAX}. Where {@link Elementary#exp} gives zero, so
 * does this; elsewhere it gives less by the smallest value there, 1.2e-38, which from 1e-30 on
 * changes nothing. Scratch memory of one thread.
 */
final class Exponentials {
  private static final float LEAST = Elementary.exp(Elementary.EXP_MIN);

  private final int[] bits;
  private final float[] powers;

  /**
   * @param size arguments at a time
   */
  Exponentials(int size) {
    bits = new int[size];
    powers = new float[size];
  }

  /** x[i] = e to the power of x[i], for {@code i < count}. */
  void apply(float[] x, int count) {
    for (int i = 0; i < count; i++) {
      float y = Math.max(x[i], Elementary.EXP_MIN);
      float n = Math.fma(y, Elementary.LOG2_E, Elementary.ROUND) - Elementary.ROUND;
      float r = Math.fma(-n, Elementary.LN2_LOW, Math.fma(-n, Elementary.LN2_HIGH, y));
      float p = Math.fma(Elementary.C6, r, Elementary.C5);
      p = Math.fma(p, r, Elementary.C4);
      p = Math.fma(p, r, Elementary.C3);
      p = Math.fma(p, r, Elementary.C2);
      p = Math.fma(p, r, Elementary.C1);
      x[i] = Math.fma(p, r * r, r) + 1;
      bits[i] = ((int) n + Elementary.EXPONENT_BIAS) << Elementary.EXPONENT_SHIFT;
    }
    long bytes = (long) count * Float.BYTES;
    MemorySegment.copy(MemorySegment.ofArray(bits), 0, MemorySegment.ofArray(powers), 0, bytes);
    for (int i = 0; i < count; i++) {
      x[i] = x[i] * powers[i] - LEAST;
    }
  }
}
