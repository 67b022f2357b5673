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
 * Decodes the quants of one super-block of one group into a panel of floats [k][32 rows], of which
 * the group fills 16 columns. Methods are flat on purpose: the compiler boxes vectors that pass
 * through calls it does not inline.
 */
final class VectorUnpack {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final long LANE_BYTES = (long) F.length() * Float.BYTES;
  private static final long WORD = PackedMatrix.WORD_BYTES;

  /** Bytes from one k to the next in a panel. */
  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  /** A signed byte that is left in the top of its lane counts 2^24 times. */
  static final int TOP_BYTE = 0xFF000000;

  /** Takes the 2^24 away again, in the scale: exact. */
  static final float TOP_BYTE_SCALE = 0x1p-24f;

  private VectorUnpack() {}

  /**
   * @param quants of the matrix
   * @param span columns per scale
   * @param w the packed matrix
   * @param from offset of the quants
   * @param blocks blocks of 32 columns
   * @param s expanded scales, see {@link VectorScales}
   * @param so index of the first span
   * @param panel receives the weights
   * @param to offset of (k 0, first row of the group)
   */
  static void unpack(
      Encoding.Quants quants,
      int span,
      MemorySegment w,
      long from,
      int blocks,
      float[] s,
      int so,
      MemorySegment panel,
      long to) {
    for (long lane = 0; lane < WORD; lane += LANE_BYTES) {
      switch (quants) {
        case NIBBLES ->
            nibbles(w, from + lane, blocks, s, so + (int) (lane / Float.BYTES), panel, to + lane);
        case BYTES ->
            bytes(
                w,
                from + lane,
                blocks * Encoding.BLOCK / span,
                span,
                s,
                so + (int) (lane / Float.BYTES),
                panel,
                to + lane);
        case SIGNED_BYTES ->
            signedBytes(
                w,
                from + lane,
                blocks * Encoding.BLOCK / span,
                span,
                s,
                so + (int) (lane / Float.BYTES),
                panel,
                to + lane);
        case HALVES -> halves(w, from + lane, blocks, panel, to + lane);
        case UPPER_HALVES -> upperHalves(w, from + lane, blocks, panel, to + lane);
        case FLOATS -> floats(w, from + lane, blocks, panel, to + lane);
        case FIVES, SIXES, WORDS ->
            throw new IllegalStateException("only machine code multiplies " + quants);
      }
    }
  }

  private static void nibbles(
      MemorySegment w, long from, int blocks, float[] s, int so, MemorySegment p, long to) {
    for (int b = 0; b < blocks; b++) {
      FloatVector d = FloatVector.fromArray(F, s, so + b * VectorScales.SPAN);
      FloatVector m = FloatVector.fromArray(F, s, so + b * VectorScales.SPAN + VectorScales.MINIMA);
      for (int i = 0; i < 8; i++) {
        IntVector v = IntVector.fromMemorySegment(I, w, from + (b * 4 + (i & 3)) * WORD, LE);
        IntVector u = v.lanewise(LSHR, (i >> 2) * 4);
        long o = to + (b * 32 + i * 4) * ROW;
        ((FloatVector) u.and(15).convert(I2F, 0)).fma(d, m).intoMemorySegment(p, o, LE);
        ((FloatVector) u.lanewise(LSHR, 8).and(15).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + ROW, LE);
        ((FloatVector) u.lanewise(LSHR, 16).and(15).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + 2 * ROW, LE);
        ((FloatVector) u.lanewise(LSHR, 24).and(15).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + 3 * ROW, LE);
      }
    }
  }

  private static void bytes(
      MemorySegment w,
      long from,
      int spans,
      int span,
      float[] s,
      int so,
      MemorySegment p,
      long to) {
    int words = span / 4;
    for (int b = 0; b < spans; b++) {
      FloatVector d = FloatVector.fromArray(F, s, so + b * VectorScales.SPAN);
      FloatVector m = FloatVector.fromArray(F, s, so + b * VectorScales.SPAN + VectorScales.MINIMA);
      for (int i = 0; i < words; i++) {
        IntVector v = IntVector.fromMemorySegment(I, w, from + (b * words + i) * WORD, LE);
        long o = to + (b * span + i * 4) * ROW;
        ((FloatVector) v.and(255).convert(I2F, 0)).fma(d, m).intoMemorySegment(p, o, LE);
        ((FloatVector) v.lanewise(LSHR, 8).and(255).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + ROW, LE);
        ((FloatVector) v.lanewise(LSHR, 16).and(255).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + 2 * ROW, LE);
        ((FloatVector) v.lanewise(LSHR, 24).convert(I2F, 0))
            .fma(d, m)
            .intoMemorySegment(p, o + 3 * ROW, LE);
      }
    }
  }

  private static void signedBytes(
      MemorySegment w,
      long from,
      int spans,
      int span,
      float[] s,
      int so,
      MemorySegment p,
      long to) {
    int words = span / 4;
    for (int b = 0; b < spans; b++) {
      FloatVector d = FloatVector.fromArray(F, s, so + b * VectorScales.SPAN).mul(TOP_BYTE_SCALE);
      for (int i = 0; i < words; i++) {
        IntVector v = IntVector.fromMemorySegment(I, w, from + (b * words + i) * WORD, LE);
        long o = to + (b * span + i * 4) * ROW;
        ((FloatVector) v.lanewise(LSHL, 24).convert(I2F, 0)).mul(d).intoMemorySegment(p, o, LE);
        ((FloatVector) v.lanewise(LSHL, 16).and(TOP_BYTE).convert(I2F, 0))
            .mul(d)
            .intoMemorySegment(p, o + ROW, LE);
        ((FloatVector) v.lanewise(LSHL, 8).and(TOP_BYTE).convert(I2F, 0))
            .mul(d)
            .intoMemorySegment(p, o + 2 * ROW, LE);
        ((FloatVector) v.and(TOP_BYTE).convert(I2F, 0))
            .mul(d)
            .intoMemorySegment(p, o + 3 * ROW, LE);
      }
    }
  }

  private static void halves(MemorySegment w, long from, int blocks, MemorySegment p, long to) {
    for (int i = 0; i < blocks * 16; i++) {
      IntVector v = IntVector.fromMemorySegment(I, w, from + i * WORD, LE);
      v.lanewise(LSHL, 16)
          .lanewise(ASHR, 3)
          .and(VectorScales.HALF_MASK)
          .reinterpretAsFloats()
          .mul(VectorScales.HALF_SCALE)
          .intoMemorySegment(p, to + i * (2 * ROW), LE);
      v.lanewise(ASHR, 3)
          .and(VectorScales.HALF_MASK)
          .reinterpretAsFloats()
          .mul(VectorScales.HALF_SCALE)
          .intoMemorySegment(p, to + i * (2 * ROW) + ROW, LE);
    }
  }

  private static void upperHalves(
      MemorySegment w, long from, int blocks, MemorySegment p, long to) {
    for (int i = 0; i < blocks * 16; i++) {
      IntVector v = IntVector.fromMemorySegment(I, w, from + i * WORD, LE);
      v.lanewise(LSHL, 16).reinterpretAsFloats().intoMemorySegment(p, to + i * (2 * ROW), LE);
      v.and(0xFFFF0000).reinterpretAsFloats().intoMemorySegment(p, to + i * (2 * ROW) + ROW, LE);
    }
  }

  private static void floats(MemorySegment w, long from, int blocks, MemorySegment p, long to) {
    for (int i = 0; i < blocks * 32; i++) {
      FloatVector.fromMemorySegment(F, w, from + i * WORD, LE)
          .intoMemorySegment(p, to + i * ROW, LE);
    }
  }
}
