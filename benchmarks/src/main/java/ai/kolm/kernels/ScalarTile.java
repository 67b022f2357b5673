package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A tile of attention in plain loops, in the orders that {@link Attention} promises. */
final class ScalarTile extends TileAttention {
  ScalarTile(Arena arena, Attention.Heads heads, int contextLength) {
    super(arena, heads, contextLength);
  }

  @Override
  void score(KvCache cache, MemorySegment memory, long keys, int rows, long to) {
    for (int row = 0; row < rows; row++) {
      for (int j = 0; j < BLOCK; j++) {
        long at = to + row * ROW + (long) Float.BYTES * j;
        float sum = 0;
        for (int d = 0; d < heads.dim(); d++) {
          long q = (d / BLOCK * (long) rows + row) * ROW + (long) Float.BYTES * (d % BLOCK);
          float key = cache.get(memory, keys, (long) d * BLOCK + j);
          sum = Math.fma(queries.get(JAVA_FLOAT, q), key, sum);
        }
        scores.set(JAVA_FLOAT, at, sum);
      }
    }
  }

  @Override
  void normalize(int rows, int panels) {
    for (int row = 0; row < rows; row++) {
      int first = (int) bounds.getAtIndex(JAVA_LONG, 2L * row);
      int end = (int) bounds.getAtIndex(JAVA_LONG, 2L * row + 1);
      factors.setAtIndex(JAVA_FLOAT, row, softmax(row * ROW, rows * ROW, panels, first, end));
    }
  }

  private float softmax(long from, long stride, int panels, int first, int end) {
    float max = Float.NEGATIVE_INFINITY;
    for (int j = first; j < end; j++) {
      max = Math.max(max, scores.get(JAVA_FLOAT, at(from, stride, j)) * heads.scale());
    }
    float[] lanes = new float[Kernels.LANES];
    for (int j = 0; j < panels * BLOCK; j++) {
      long at = at(from, stride, j);
      boolean seen = j >= first && j < end;
      float e = seen ? Elementary.exp(scores.get(JAVA_FLOAT, at) * heads.scale() - max) : 0;
      lanes[j % lanes.length] += e;
      scores.set(JAVA_FLOAT, at, e);
    }
    return 1 / RowOperations.sum(lanes);
  }

  private static long at(long from, long stride, int position) {
    return from + position / BLOCK * stride + (long) Float.BYTES * (position % BLOCK);
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
    for (int row = 0; row < rows; row++) {
      for (int d = 0; d < valueDim; d++) {
        long at = (d / BLOCK * (long) rows + row) * ROW + (long) Float.BYTES * (d % BLOCK);
        float sum = first ? 0 : results.get(JAVA_FLOAT, at);
        for (int j = 0; j < count; j++) {
          float weight = scores.get(JAVA_FLOAT, from + row * ROW + (long) Float.BYTES * j);
          sum = Math.fma(weight, cache.get(memory, values, (long) j * valueDim + d), sum);
        }
        results.set(JAVA_FLOAT, at, sum);
      }
    }
  }
}
