package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Expands the scales of one super-block of one group to floats: per span of columns (32, or 16 for
 * {@link Encoding.Scales#SUPER_BLOCK_16}) 16 scales and 16 minima, one per row.
 *
 * <p>Half to single precision: the bits shifted to their place give the value times 2^-112,
 * subnormals included; one exact multiplication corrects it. (Infinities and NaN are refused when a
 * matrix is packed.)
 */
final class VectorScales {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = F.length();
  private static final long WORD = PackedMatrix.WORD_BYTES;

  /** Where the minima of a span lie behind its scales. */
  static final int MINIMA = Encoding.GROUP;

  /** Floats of a span. */
  static final int SPAN = 2 * Encoding.GROUP;

  /** The bits of a half-precision number in the place they have in single precision. */
  static final int HALF_MASK = 0x8FFFE000;

  static final float HALF_SCALE = 0x1p112f;

  private VectorScales() {}

  /**
   * @param encoding of the matrix
   * @param w the packed matrix
   * @param from offset of the super-block
   * @param blocks blocks of 32 columns in it
   * @param s receives the spans from {@code to} on
   * @param to index in {@code s}
   */
  static void expand(Encoding encoding, MemorySegment w, long from, int blocks, float[] s, int to) {
    for (int lane = 0; lane < Encoding.GROUP; lane += LANES) {
      long f = from + 4L * lane;
      int t = to + lane;
      switch (encoding.scales()) {
        case SCALE -> scale(w, f, f + (blocks + 1) / 2 * WORD, -encoding.bias(), s, t);
        case SCALE_AND_MINIMUM -> scaleAndMinimum(w, f, f + blocks * WORD, s, t);
        case SUPER_BLOCK -> superBlock(w, f, blocks, s, t);
        case SUPER_BLOCK_16 -> superBlock16(w, f, blocks, s, t);
        case NONE -> {}
        case SINGLE -> throw new IllegalStateException("only machine code multiplies " + encoding);
      }
    }
  }

  /** Where the number of blocks is odd, a span more than there are is written. */
  private static void scale(MemorySegment w, long from, long end, float bias, float[] s, int to) {
    int t = to;
    for (long o = from; o != end; o += WORD, t += 2 * SPAN) {
      IntVector pair = IntVector.fromMemorySegment(I, w, o, LE);
      FloatVector even = low(pair);
      FloatVector odd = high(pair);
      even.intoArray(s, t);
      odd.intoArray(s, t + SPAN);
      if (bias != 0) {
        even.mul(bias).intoArray(s, t + MINIMA);
        odd.mul(bias).intoArray(s, t + SPAN + MINIMA);
      }
    }
  }

  private static void scaleAndMinimum(MemorySegment w, long from, long end, float[] s, int to) {
    int t = to;
    for (long o = from; o != end; o += WORD, t += SPAN) {
      IntVector pair = IntVector.fromMemorySegment(I, w, o, LE);
      low(pair).intoArray(s, t);
      high(pair).intoArray(s, t + MINIMA);
    }
  }

  private static void superBlock(MemorySegment w, long from, int blocks, float[] s, int to) {
    IntVector pair = IntVector.fromMemorySegment(I, w, from, LE);
    FloatVector scale = low(pair);
    FloatVector minimum = high(pair).neg();
    for (int b = 0; b < blocks; b++) {
      int shift = b % 4 * Byte.SIZE;
      IntVector scales = IntVector.fromMemorySegment(I, w, from + (1 + b / 4) * WORD, LE);
      IntVector minima = IntVector.fromMemorySegment(I, w, from + (3 + b / 4) * WORD, LE);
      toFloat(scales.lanewise(LSHR, shift).and(0xFF)).mul(scale).intoArray(s, to + b * SPAN);
      toFloat(minima.lanewise(LSHR, shift).and(0xFF))
          .mul(minimum)
          .intoArray(s, to + b * SPAN + MINIMA);
    }
  }

  private static void superBlock16(MemorySegment w, long from, int blocks, float[] s, int to) {
    FloatVector scale = low(IntVector.fromMemorySegment(I, w, from, LE));
    for (int h = 0; h < 2 * blocks; h++) {
      int shift = Integer.SIZE - Byte.SIZE * (h % 4 + 1);
      IntVector factors = IntVector.fromMemorySegment(I, w, from + (1 + h / 4) * WORD, LE);
      toFloat(factors.lanewise(LSHL, shift).lanewise(ASHR, 24))
          .mul(scale)
          .intoArray(s, to + h * SPAN);
    }
  }

  /** The half-precision numbers in the lower halves of the lanes. */
  private static FloatVector low(IntVector pair) {
    return pair.lanewise(LSHL, 16)
        .lanewise(ASHR, 3)
        .and(HALF_MASK)
        .reinterpretAsFloats()
        .mul(HALF_SCALE);
  }

  /** The half-precision numbers in the upper halves of the lanes. */
  private static FloatVector high(IntVector pair) {
    return pair.lanewise(ASHR, 3).and(HALF_MASK).reinterpretAsFloats().mul(HALF_SCALE);
  }

  private static FloatVector toFloat(IntVector integers) {
    return (FloatVector) integers.convert(I2F, 0);
  }
}
