package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Multiplies one super-block of a panel (two groups of 16 rows) with one row of activations,
 * decoding weights in registers: what a single token needs. The two groups are two streams of
 * memory, far apart, which is what keeps the memory busy where no prefetch instruction can be
 * given.
 *
 * <p>Sums run over k in ascending order in one accumulator per row, as in the matrix product of
 * many rows ({@link VectorTile}): both give the same bits. Methods are flat on purpose, see {@link
 * VectorUnpack}.
 */
final class VectorDot {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final long LANE_BYTES = (long) F.length() * Float.BYTES;
  private static final long WORD = PackedMatrix.WORD_BYTES;
  private static final ValueLayout.OfFloat X = ValueLayout.JAVA_FLOAT;

  private VectorDot() {}

  /**
   * Adds to the sums of 32 rows.
   *
   * @param quants of the matrix
   * @param span columns per scale
   * @param w the packed matrix
   * @param from offset of the quants in the first group
   * @param other bytes from the first group to the second
   * @param blocks blocks of 32 columns
   * @param s expanded scales of the first group, then of the second
   * @param so offset of the first span
   * @param sOther bytes from the spans of the first group to those of the second
   * @param x activations, contiguous
   * @param xo offset of the first column
   * @param y sums, (32)
   * @param yo offset of the first sum
   */
  static void dot(
      Encoding.Quants quants,
      int span,
      MemorySegment w,
      long from,
      long other,
      int blocks,
      MemorySegment s,
      long so,
      long sOther,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    for (long lane = 0; lane < WORD; lane += LANE_BYTES) {
      long f = from + lane;
      switch (quants) {
        case NIBBLES -> nibbles(w, f, other, blocks, s, so + lane, sOther, x, xo, y, yo + lane);
        case BYTES -> {
          int spans = blocks * Encoding.BLOCK / span;
          bytes(w, f, other, spans, span / 4, s, so + lane, sOther, x, xo, y, yo + lane);
        }
        case HALVES -> halves(w, f, other, blocks, x, xo, y, yo + lane);
        case UPPER_HALVES -> upperHalves(w, f, other, blocks, x, xo, y, yo + lane);
        case FLOATS -> floats(w, f, other, blocks, x, xo, y, yo + lane);
      }
    }
  }

  /**
   * The nibbles of byte j stand 8j bits up: instead of shifting them down, the scale is divided by
   * 2^8j, which is exact.
   */
  private static void nibbles(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      MemorySegment s,
      long so,
      long sOther,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int block = 0; block < blocks; block++) {
      long sa = so + block * VectorScales.SPAN_BYTES;
      FloatVector a0 = FloatVector.fromMemorySegment(F, s, sa, LE);
      FloatVector am = FloatVector.fromMemorySegment(F, s, sa + VectorScales.MINIMA, LE);
      FloatVector a1 = a0.mul(0x1p-8f);
      FloatVector a2 = a0.mul(0x1p-16f);
      FloatVector b0 = FloatVector.fromMemorySegment(F, s, sa + sOther, LE);
      FloatVector bm = FloatVector.fromMemorySegment(F, s, sa + sOther + VectorScales.MINIMA, LE);
      FloatVector b1 = b0.mul(0x1p-8f);
      FloatVector b2 = b0.mul(0x1p-16f);
      for (int i = 0; i < 8; i++) {
        long wo = from + (block * 4 + (i & 3)) * WORD;
        int shift = i & 4;
        IntVector u = IntVector.fromMemorySegment(I, w, wo, LE).lanewise(LSHR, shift);
        IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE).lanewise(LSHR, shift);
        long xi = xo + (block * 32 + i * 4) * 4L;
        FloatVector t = FloatVector.broadcast(F, x.get(X, xi));
        a = ((FloatVector) u.and(0xF).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.and(0xF).convert(I2F, 0)).fma(b0, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 4));
        a = ((FloatVector) u.and(0xF00).convert(I2F, 0)).fma(a1, am).fma(t, a);
        b = ((FloatVector) v.and(0xF00).convert(I2F, 0)).fma(b1, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 8));
        a = ((FloatVector) u.and(0xF0000).convert(I2F, 0)).fma(a2, am).fma(t, a);
        b = ((FloatVector) v.and(0xF0000).convert(I2F, 0)).fma(b2, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 12));
        a = ((FloatVector) u.lanewise(LSHR, 24).and(0xF).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.lanewise(LSHR, 24).and(0xF).convert(I2F, 0)).fma(b0, bm).fma(t, b);
      }
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  private static void bytes(
      MemorySegment w,
      long from,
      long other,
      int spans,
      int words,
      MemorySegment s,
      long so,
      long sOther,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int span = 0; span < spans; span++) {
      long sa = so + span * VectorScales.SPAN_BYTES;
      FloatVector a0 = FloatVector.fromMemorySegment(F, s, sa, LE);
      FloatVector am = FloatVector.fromMemorySegment(F, s, sa + VectorScales.MINIMA, LE);
      FloatVector a1 = a0.mul(0x1p-8f);
      FloatVector a2 = a0.mul(0x1p-16f);
      FloatVector b0 = FloatVector.fromMemorySegment(F, s, sa + sOther, LE);
      FloatVector bm = FloatVector.fromMemorySegment(F, s, sa + sOther + VectorScales.MINIMA, LE);
      FloatVector b1 = b0.mul(0x1p-8f);
      FloatVector b2 = b0.mul(0x1p-16f);
      for (int i = 0; i < words; i++) {
        long wo = from + (span * words + i) * WORD;
        IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
        IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
        long xi = xo + (span * words + i) * 16L;
        FloatVector t = FloatVector.broadcast(F, x.get(X, xi));
        a = ((FloatVector) u.and(0xFF).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF).convert(I2F, 0)).fma(b0, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 4));
        a = ((FloatVector) u.and(0xFF00).convert(I2F, 0)).fma(a1, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF00).convert(I2F, 0)).fma(b1, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 8));
        a = ((FloatVector) u.and(0xFF0000).convert(I2F, 0)).fma(a2, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF0000).convert(I2F, 0)).fma(b2, bm).fma(t, b);
        t = FloatVector.broadcast(F, x.get(X, xi + 12));
        a = ((FloatVector) u.lanewise(LSHR, 24).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.lanewise(LSHR, 24).convert(I2F, 0)).fma(b0, bm).fma(t, b);
      }
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  private static void halves(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 16; i++) {
      long wo = from + i * WORD;
      IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
      IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
      FloatVector t = FloatVector.broadcast(F, x.get(X, xo + i * 8L));
      IntVector low = u.lanewise(LSHL, 16).lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      a = low.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, a);
      low = v.lanewise(LSHL, 16).lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      b = low.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, b);
      t = FloatVector.broadcast(F, x.get(X, xo + i * 8L + 4));
      IntVector high = u.lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      a = high.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, a);
      high = v.lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      b = high.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  private static void upperHalves(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 16; i++) {
      long wo = from + i * WORD;
      IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
      IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
      FloatVector t = FloatVector.broadcast(F, x.get(X, xo + i * 8L));
      a = u.lanewise(LSHL, 16).reinterpretAsFloats().fma(t, a);
      b = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(t, b);
      t = FloatVector.broadcast(F, x.get(X, xo + i * 8L + 4));
      a = u.and(0xFFFF0000).reinterpretAsFloats().fma(t, a);
      b = v.and(0xFFFF0000).reinterpretAsFloats().fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  private static void floats(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      MemorySegment x,
      long xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 32; i++) {
      long wo = from + i * WORD;
      FloatVector t = FloatVector.broadcast(F, x.get(X, xo + i * 4L));
      a = FloatVector.fromMemorySegment(F, w, wo, LE).fma(t, a);
      b = FloatVector.fromMemorySegment(F, w, wo + other, LE).fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }
}
