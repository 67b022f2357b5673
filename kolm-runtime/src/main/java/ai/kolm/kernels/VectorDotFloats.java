package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The part of {@link VectorDot} for weights that are floating-point numbers; parameters as there.
 */
final class VectorDotFloats {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final long WORD = PackedMatrix.WORD_BYTES;

  private VectorDotFloats() {}

  static void halves(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 16; i++) {
      long wo = from + i * WORD;
      IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
      IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
      FloatVector t = FloatVector.broadcast(F, x[xo + 2 * i]);
      IntVector low = u.lanewise(LSHL, 16).lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      a = low.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, a);
      low = v.lanewise(LSHL, 16).lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      b = low.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, b);
      t = FloatVector.broadcast(F, x[xo + 2 * i + 1]);
      IntVector high = u.lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      a = high.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, a);
      high = v.lanewise(ASHR, 3).and(VectorScales.HALF_MASK);
      b = high.reinterpretAsFloats().mul(VectorScales.HALF_SCALE).fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  static void upperHalves(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 16; i++) {
      long wo = from + i * WORD;
      IntVector u = IntVector.fromMemorySegment(I, w, wo, LE);
      IntVector v = IntVector.fromMemorySegment(I, w, wo + other, LE);
      FloatVector t = FloatVector.broadcast(F, x[xo + 2 * i]);
      a = u.lanewise(LSHL, 16).reinterpretAsFloats().fma(t, a);
      b = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(t, b);
      t = FloatVector.broadcast(F, x[xo + 2 * i + 1]);
      a = u.and(0xFFFF0000).reinterpretAsFloats().fma(t, a);
      b = v.and(0xFFFF0000).reinterpretAsFloats().fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }

  static void floats(
      MemorySegment w,
      long from,
      long other,
      int blocks,
      float[] x,
      int xo,
      MemorySegment y,
      long yo) {
    FloatVector a = FloatVector.fromMemorySegment(F, y, yo, LE);
    FloatVector b = FloatVector.fromMemorySegment(F, y, yo + WORD, LE);
    for (int i = 0; i < blocks * 32; i++) {
      long wo = from + i * WORD;
      FloatVector t = FloatVector.broadcast(F, x[xo + i]);
      a = FloatVector.fromMemorySegment(F, w, wo, LE).fma(t, a);
      b = FloatVector.fromMemorySegment(F, w, wo + other, LE).fma(t, b);
    }
    a.intoMemorySegment(y, yo, LE);
    b.intoMemorySegment(y, yo + WORD, LE);
  }
}
