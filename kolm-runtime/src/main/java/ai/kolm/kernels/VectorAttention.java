package ai.kolm.kernels;

import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Attention whose products are {@link VectorTile}s. */
final class VectorAttention extends TileAttention {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = F.length();

  private final MemorySegment panel;
  private final MemorySegment sums;

  /** Scratch for one worker. */
  VectorAttention(Arena arena, Attention.Heads heads, int contextLength) {
    super(arena, heads, contextLength);
    panel = allocate(arena, (long) valueDim * BLOCK);
    sums = allocate(arena, Kernels.LANES);
  }

  @Override
  void score(KvCache cache, MemorySegment memory, long keys, int rows, long to) {
    scores.asSlice(to, rows * ROW).fill((byte) 0);
    MemorySegment b = memory;
    long bo = keys;
    if (cache.layout().precision() == KvCache.Precision.HALF) {
      widen(memory, keys, heads.dim() * BLOCK, panel);
      b = panel;
      bo = 0;
    }
    VectorTile.multiply(queries, 0, rows * ROW, rows, b, bo, ROW, heads.dim(), scores, to, ROW);
  }

  @Override
  void normalize(int rows, int panels) {
    for (int row = 0; row < rows; row++) {
      int first = (int) bounds.getAtIndex(ValueLayout.JAVA_LONG, 2L * row);
      int end = (int) bounds.getAtIndex(ValueLayout.JAVA_LONG, 2L * row + 1);
      factors.setAtIndex(
          ValueLayout.JAVA_FLOAT, row, softmax(row * ROW, rows * ROW, panels, first, end));
    }
  }

  private float softmax(long from, long stride, int panels, int first, int end) {
    float max =
        VectorRows.scores(scores, from, stride, panels, first, end, heads.scale(), heads.softCap());
    VectorRows.exponentials(scores, from, stride, panels, max, sums, 0);
    return 1 / VectorRows.sum(sums, 0);
  }

  @Override
  void weigh(
      KvCache cache,
      MemorySegment memory,
      long values,
      int rows,
      long from,
      int count,
      boolean first) {
    if (first) {
      results.asSlice(0, valueDim / Panels.WIDTH * (rows * ROW)).fill((byte) 0);
    }
    MemorySegment b = memory;
    long bo = values;
    if (cache.layout().precision() == KvCache.Precision.HALF) {
      widen(memory, values, count * valueDim, panel);
      b = panel;
      bo = 0;
    }
    for (int d = 0; d < valueDim; d += Panels.WIDTH) {
      long to = d / Panels.WIDTH * (rows * ROW);
      VectorTile.multiply(
          scores, from, 0, rows, b, bo + 4L * d, 4L * valueDim, count, results, to, ROW);
    }
  }

  /**
   * Half to single precision, {@code count} numbers, a multiple of 32; see {@link VectorScales}.
   */
  private static void widen(MemorySegment source, long from, int count, MemorySegment target) {
    for (int i = 0; i < count; i += LANES) {
      IntVector bits =
          (IntVector) ShortVector.fromMemorySegment(S, source, from + 2L * i, LE).castShape(I, 0);
      bits.lanewise(LSHL, 13)
          .and(VectorScales.HALF_MASK)
          .reinterpretAsFloats()
          .mul(VectorScales.HALF_SCALE)
          .intoMemorySegment(target, 4L * i, LE);
    }
  }
}
