package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
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
 * many rows ({@link VectorTile}): both give the same bits. A chain of multiply-adds takes a new
 * weight only every four cycles or so; where registers allow it, four chains run side by side.
 *
 * <p>Methods are flat on purpose, see {@link VectorUnpack}. Activations and scales are arrays:
 * their index checks cost less than those of memory segments, which the compiler moves out of a
 * loop at a price that short loops do not earn back.
 */
final class VectorDot {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = F.length();

  /** Bytes of a vector. */
  private static final long V = (long) LANES * Float.BYTES;

  private static final long WORD = PackedMatrix.WORD_BYTES;

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
   * @param so index of the first span
   * @param sOther floats from the spans of the first group to those of the second
   * @param x activations
   * @param xo index of the first column
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
      float[] s,
      int so,
      int sOther,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    int spans = blocks * Encoding.BLOCK / span;
    boolean four = quants == Encoding.Quants.SIGNED_BYTES && LANES < Encoding.GROUP;
    for (int lane = 0; lane < Encoding.GROUP; lane += four ? 2 * LANES : LANES) {
      long f = from + 4L * lane;
      long yl = yo + 4L * lane;
      switch (quants) {
        case NIBBLES -> nibbles(w, f, other, blocks, s, so + lane, sOther, x, xo, y, yl);
        case BYTES -> bytes(w, f, other, spans, span / 4, s, so + lane, sOther, x, xo, y, yl);
        case HALVES -> VectorDotFloats.halves(w, f, other, blocks, x, xo, y, yl);
        case UPPER_HALVES -> VectorDotFloats.upperHalves(w, f, other, blocks, x, xo, y, yl);
        case FLOATS -> VectorDotFloats.floats(w, f, other, blocks, x, xo, y, yl);
        case FIVES, SIXES, WORDS ->
            throw new IllegalStateException("only machine code multiplies " + quants);
        case SIGNED_BYTES -> {
          if (four) {
            signedBytes4(w, f, other, spans, span / 4, s, so + lane, sOther, x, xo, y, yl);
          } else {
            signedBytes2(w, f, other, spans, span / 4, s, so + lane, sOther, x, xo, y, yl);
          }
        }
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
      float[] s,
      int so,
      int sOther,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int block = 0; block < blocks; block++) {
      int sa = so + block * VectorScales.SPAN;
      FloatVector a0 = FloatVector.fromArray(F, s, sa);
      FloatVector am = FloatVector.fromArray(F, s, sa + VectorScales.MINIMA);
      FloatVector a1 = a0.mul(0x1p-8f);
      FloatVector a2 = a0.mul(0x1p-16f);
      FloatVector b0 = FloatVector.fromArray(F, s, sa + sOther);
      FloatVector bm = FloatVector.fromArray(F, s, sa + sOther + VectorScales.MINIMA);
      FloatVector b1 = b0.mul(0x1p-8f);
      FloatVector b2 = b0.mul(0x1p-16f);
      for (int i = 0; i < 8; i++) {
        long wo = from + (block * 4 + (i & 3)) * WORD;
        int shift = i & 4;
        IntVector u = IntVector.fromMemorySegment(I, w, wo, LE).lanewise(LSHR, shift);
        IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE).lanewise(LSHR, shift);
        int xi = xo + block * 32 + i * 4;
        FloatVector t = FloatVector.broadcast(F, x[xi]);
        a = ((FloatVector) u.and(0xF).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.and(0xF).convert(I2F, 0)).fma(b0, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 1]);
        a = ((FloatVector) u.and(0xF00).convert(I2F, 0)).fma(a1, am).fma(t, a);
        b = ((FloatVector) v.and(0xF00).convert(I2F, 0)).fma(b1, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 2]);
        a = ((FloatVector) u.and(0xF0000).convert(I2F, 0)).fma(a2, am).fma(t, a);
        b = ((FloatVector) v.and(0xF0000).convert(I2F, 0)).fma(b2, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 3]);
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
      float[] s,
      int so,
      int sOther,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int span = 0; span < spans; span++) {
      int sa = so + span * VectorScales.SPAN;
      FloatVector a0 = FloatVector.fromArray(F, s, sa);
      FloatVector am = FloatVector.fromArray(F, s, sa + VectorScales.MINIMA);
      FloatVector a1 = a0.mul(0x1p-8f);
      FloatVector a2 = a0.mul(0x1p-16f);
      FloatVector b0 = FloatVector.fromArray(F, s, sa + sOther);
      FloatVector bm = FloatVector.fromArray(F, s, sa + sOther + VectorScales.MINIMA);
      FloatVector b1 = b0.mul(0x1p-8f);
      FloatVector b2 = b0.mul(0x1p-16f);
      for (int i = 0; i < words; i++) {
        long wo = from + (span * words + i) * WORD;
        IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
        IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
        int xi = xo + (span * words + i) * 4;
        FloatVector t = FloatVector.broadcast(F, x[xi]);
        a = ((FloatVector) u.and(0xFF).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF).convert(I2F, 0)).fma(b0, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 1]);
        a = ((FloatVector) u.and(0xFF00).convert(I2F, 0)).fma(a1, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF00).convert(I2F, 0)).fma(b1, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 2]);
        a = ((FloatVector) u.and(0xFF0000).convert(I2F, 0)).fma(a2, am).fma(t, a);
        b = ((FloatVector) v.and(0xFF0000).convert(I2F, 0)).fma(b2, bm).fma(t, b);
        t = FloatVector.broadcast(F, x[xi + 3]);
        a = ((FloatVector) u.lanewise(LSHR, 24).convert(I2F, 0)).fma(a0, am).fma(t, a);
        b = ((FloatVector) v.lanewise(LSHR, 24).convert(I2F, 0)).fma(b0, bm).fma(t, b);
      }
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  /** Four vectors at once: two neighbours of each group. See {@link VectorUnpack} for the bytes. */
  private static void signedBytes4(
      MemorySegment w,
      long from,
      long other,
      int spans,
      int words,
      float[] s,
      int so,
      int sOther,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector y0 = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector y1 = FloatVector.fromMemorySegment(F, y, yo + V, LE);
    FloatVector y2 = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    FloatVector y3 = FloatVector.fromMemorySegment(F, y, yo + WORD + V, LE);
    for (int span = 0; span < spans; span++) {
      int sa = so + span * VectorScales.SPAN;
      FloatVector s0 = FloatVector.fromArray(F, s, sa).mul(VectorUnpack.TOP_BYTE_SCALE);
      FloatVector s1 = FloatVector.fromArray(F, s, sa + LANES).mul(VectorUnpack.TOP_BYTE_SCALE);
      FloatVector s2 = FloatVector.fromArray(F, s, sa + sOther).mul(VectorUnpack.TOP_BYTE_SCALE);
      FloatVector s3 =
          FloatVector.fromArray(F, s, sa + sOther + LANES).mul(VectorUnpack.TOP_BYTE_SCALE);
      long end = from + (long) (span + 1) * words * WORD;
      int xi = xo + span * words * 4;
      for (long wo = end - words * WORD; wo != end; wo += WORD, xi += 4) {
        IntVector u0 = IntVector.fromMemorySegment(I, w, wo, LE);
        IntVector u1 = IntVector.fromMemorySegment(I, w, wo + V, LE);
        IntVector u2 = IntVector.fromMemorySegment(I, w, wo + other, LE);
        IntVector u3 = IntVector.fromMemorySegment(I, w, wo + other + V, LE);
        FloatVector t = FloatVector.broadcast(F, x[xi]);
        y0 = ((FloatVector) u0.lanewise(LSHL, 24).convert(I2F, 0)).mul(s0).fma(t, y0);
        y1 = ((FloatVector) u1.lanewise(LSHL, 24).convert(I2F, 0)).mul(s1).fma(t, y1);
        y2 = ((FloatVector) u2.lanewise(LSHL, 24).convert(I2F, 0)).mul(s2).fma(t, y2);
        y3 = ((FloatVector) u3.lanewise(LSHL, 24).convert(I2F, 0)).mul(s3).fma(t, y3);
        t = FloatVector.broadcast(F, x[xi + 1]);
        y0 =
            ((FloatVector) u0.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s0)
                .fma(t, y0);
        y1 =
            ((FloatVector) u1.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s1)
                .fma(t, y1);
        y2 =
            ((FloatVector) u2.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s2)
                .fma(t, y2);
        y3 =
            ((FloatVector) u3.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s3)
                .fma(t, y3);
        t = FloatVector.broadcast(F, x[xi + 2]);
        y0 =
            ((FloatVector) u0.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s0)
                .fma(t, y0);
        y1 =
            ((FloatVector) u1.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s1)
                .fma(t, y1);
        y2 =
            ((FloatVector) u2.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s2)
                .fma(t, y2);
        y3 =
            ((FloatVector) u3.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s3)
                .fma(t, y3);
        t = FloatVector.broadcast(F, x[xi + 3]);
        y0 = ((FloatVector) u0.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s0).fma(t, y0);
        y1 = ((FloatVector) u1.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s1).fma(t, y1);
        y2 = ((FloatVector) u2.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s2).fma(t, y2);
        y3 = ((FloatVector) u3.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s3).fma(t, y3);
      }
    }
    y0.intoMemorySegment(y, yo, LE);
    y1.intoMemorySegment(y, yo + V, LE);
    y2.intoMemorySegment(y, yo + WORD, LE);
    y3.intoMemorySegment(y, yo + WORD + V, LE);
  }

  /** The same for vectors as wide as a group. */
  private static void signedBytes2(
      MemorySegment w,
      long from,
      long other,
      int spans,
      int words,
      float[] s,
      int so,
      int sOther,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector y0 = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector y1 = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int span = 0; span < spans; span++) {
      int sa = so + span * VectorScales.SPAN;
      FloatVector s0 = FloatVector.fromArray(F, s, sa).mul(VectorUnpack.TOP_BYTE_SCALE);
      FloatVector s1 = FloatVector.fromArray(F, s, sa + sOther).mul(VectorUnpack.TOP_BYTE_SCALE);
      long end = from + (long) (span + 1) * words * WORD;
      int xi = xo + span * words * 4;
      for (long wo = end - words * WORD; wo != end; wo += WORD, xi += 4) {
        IntVector u0 = IntVector.fromMemorySegment(I, w, wo, LE);
        IntVector u1 = IntVector.fromMemorySegment(I, w, wo + other, LE);
        FloatVector t = FloatVector.broadcast(F, x[xi]);
        y0 = ((FloatVector) u0.lanewise(LSHL, 24).convert(I2F, 0)).mul(s0).fma(t, y0);
        y1 = ((FloatVector) u1.lanewise(LSHL, 24).convert(I2F, 0)).mul(s1).fma(t, y1);
        t = FloatVector.broadcast(F, x[xi + 1]);
        y0 =
            ((FloatVector) u0.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s0)
                .fma(t, y0);
        y1 =
            ((FloatVector) u1.lanewise(LSHL, 16).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s1)
                .fma(t, y1);
        t = FloatVector.broadcast(F, x[xi + 2]);
        y0 =
            ((FloatVector) u0.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s0)
                .fma(t, y0);
        y1 =
            ((FloatVector) u1.lanewise(LSHL, 8).and(VectorUnpack.TOP_BYTE).convert(I2F, 0))
                .mul(s1)
                .fma(t, y1);
        t = FloatVector.broadcast(F, x[xi + 3]);
        y0 = ((FloatVector) u0.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s0).fma(t, y0);
        y1 = ((FloatVector) u1.and(VectorUnpack.TOP_BYTE).convert(I2F, 0)).mul(s1).fma(t, y1);
      }
    }
    y0.intoMemorySegment(y, yo, LE);
    y1.intoMemorySegment(y, yo + WORD, LE);
  }
}
