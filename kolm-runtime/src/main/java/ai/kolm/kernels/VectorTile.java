package ai.kolm.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one product that prefill, attention scores and attention values share:
 *
 * <pre>{@code
 * c[r][j] += sum over i of a[r][i] * b[i][j]     r < rows, i < k, j < 32
 * }</pre>
 *
 * <p>a is panel-major (see {@link Panels}), b a panel [k][32]. Each element of c is one chain of
 * fused multiply-adds in ascending i, so its bits depend neither on how many rows are computed
 * together nor on the width of vectors.
 *
 * <p>A tile of 6 rows by two vectors stays in registers over all of k; that is what fits 16
 * registers (AVX2), and enough independent sums for any processor. Larger tiles are no faster and
 * too large for the C1 compiler's profiled tier, which HotSpot then never leaves again if it got
 * there by way of the simpler one. The methods are flat on purpose, see {@link VectorUnpack}.
 */
final class VectorTile {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Bytes of a vector. */
  private static final long VECTOR = (long) F.length() * Float.BYTES;

  /** Bytes from a row of a panel to the next. */
  private static final long ROW = (long) Panels.WIDTH * Float.BYTES;

  private VectorTile() {}

  /**
   * Computes the product above.
   *
   * @param a left matrix
   * @param ao offset of its first row and column
   * @param aPanel bytes from a panel of it to the next
   * @param rows rows of it, at least 1
   * @param b right panel
   * @param bo offset of its first row
   * @param bRow bytes from a row of it to the next
   * @param k length of the sums
   * @param c result, added to
   * @param co offset of its first row
   * @param cRow bytes from a row of it to the next
   */
  static void multiply(
      MemorySegment a,
      long ao,
      long aPanel,
      int rows,
      MemorySegment b,
      long bo,
      long bRow,
      int k,
      MemorySegment c,
      long co,
      long cRow) {
    for (long j = 0; j < ROW; j += 2 * VECTOR) {
      int r = 0;
      for (; r + 6 <= rows; r += 6) {
        rows6(a, ao + r * ROW, aPanel, b, bo + j, bRow, k, c, co + r * cRow + j, cRow);
      }
      for (; r + 4 <= rows; r += 4) {
        rows4(a, ao + r * ROW, aPanel, b, bo + j, bRow, k, c, co + r * cRow + j, cRow);
      }
      for (; r + 2 <= rows; r += 2) {
        rows2(a, ao + r * ROW, aPanel, b, bo + j, bRow, k, c, co + r * cRow + j, cRow);
      }
      if (r < rows) {
        rows1(a, ao + r * ROW, aPanel, b, bo + j, bRow, k, c, co + r * cRow + j);
      }
    }
  }

  private static void rows6(
      MemorySegment a,
      long ao,
      long aPanel,
      MemorySegment b,
      long bo,
      long bRow,
      int k,
      MemorySegment c,
      long co,
      long cRow) {
    FloatVector c00 = FloatVector.fromMemorySegment(F, c, co, LE);
    FloatVector c01 = FloatVector.fromMemorySegment(F, c, co + VECTOR, LE);
    FloatVector c10 = FloatVector.fromMemorySegment(F, c, co + cRow, LE);
    FloatVector c11 = FloatVector.fromMemorySegment(F, c, co + cRow + VECTOR, LE);
    FloatVector c20 = FloatVector.fromMemorySegment(F, c, co + 2 * cRow, LE);
    FloatVector c21 = FloatVector.fromMemorySegment(F, c, co + 2 * cRow + VECTOR, LE);
    FloatVector c30 = FloatVector.fromMemorySegment(F, c, co + 3 * cRow, LE);
    FloatVector c31 = FloatVector.fromMemorySegment(F, c, co + 3 * cRow + VECTOR, LE);
    FloatVector c40 = FloatVector.fromMemorySegment(F, c, co + 4 * cRow, LE);
    FloatVector c41 = FloatVector.fromMemorySegment(F, c, co + 4 * cRow + VECTOR, LE);
    FloatVector c50 = FloatVector.fromMemorySegment(F, c, co + 5 * cRow, LE);
    FloatVector c51 = FloatVector.fromMemorySegment(F, c, co + 5 * cRow + VECTOR, LE);
    for (int panel = 0; panel < k; panel += Panels.WIDTH) {
      long ap = ao + panel / Panels.WIDTH * aPanel;
      long bp = bo + panel * bRow;
      int end = Math.min(Panels.WIDTH, k - panel);
      for (int i = 0; i < end; i++) {
        FloatVector b0 = FloatVector.fromMemorySegment(F, b, bp + i * bRow, LE);
        FloatVector b1 = FloatVector.fromMemorySegment(F, b, bp + i * bRow + VECTOR, LE);
        long ai = ap + i * 4L;
        FloatVector t = FloatVector.broadcast(F, a.get(FLOAT, ai));
        c00 = t.fma(b0, c00);
        c01 = t.fma(b1, c01);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + ROW));
        c10 = t.fma(b0, c10);
        c11 = t.fma(b1, c11);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 2 * ROW));
        c20 = t.fma(b0, c20);
        c21 = t.fma(b1, c21);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 3 * ROW));
        c30 = t.fma(b0, c30);
        c31 = t.fma(b1, c31);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 4 * ROW));
        c40 = t.fma(b0, c40);
        c41 = t.fma(b1, c41);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 5 * ROW));
        c50 = t.fma(b0, c50);
        c51 = t.fma(b1, c51);
      }
    }
    c00.intoMemorySegment(c, co, LE);
    c01.intoMemorySegment(c, co + VECTOR, LE);
    c10.intoMemorySegment(c, co + cRow, LE);
    c11.intoMemorySegment(c, co + cRow + VECTOR, LE);
    c20.intoMemorySegment(c, co + 2 * cRow, LE);
    c21.intoMemorySegment(c, co + 2 * cRow + VECTOR, LE);
    c30.intoMemorySegment(c, co + 3 * cRow, LE);
    c31.intoMemorySegment(c, co + 3 * cRow + VECTOR, LE);
    c40.intoMemorySegment(c, co + 4 * cRow, LE);
    c41.intoMemorySegment(c, co + 4 * cRow + VECTOR, LE);
    c50.intoMemorySegment(c, co + 5 * cRow, LE);
    c51.intoMemorySegment(c, co + 5 * cRow + VECTOR, LE);
  }

  private static void rows4(
      MemorySegment a,
      long ao,
      long aPanel,
      MemorySegment b,
      long bo,
      long bRow,
      int k,
      MemorySegment c,
      long co,
      long cRow) {
    FloatVector c00 = FloatVector.fromMemorySegment(F, c, co, LE);
    FloatVector c01 = FloatVector.fromMemorySegment(F, c, co + VECTOR, LE);
    FloatVector c10 = FloatVector.fromMemorySegment(F, c, co + cRow, LE);
    FloatVector c11 = FloatVector.fromMemorySegment(F, c, co + cRow + VECTOR, LE);
    FloatVector c20 = FloatVector.fromMemorySegment(F, c, co + 2 * cRow, LE);
    FloatVector c21 = FloatVector.fromMemorySegment(F, c, co + 2 * cRow + VECTOR, LE);
    FloatVector c30 = FloatVector.fromMemorySegment(F, c, co + 3 * cRow, LE);
    FloatVector c31 = FloatVector.fromMemorySegment(F, c, co + 3 * cRow + VECTOR, LE);
    for (int panel = 0; panel < k; panel += Panels.WIDTH) {
      long ap = ao + panel / Panels.WIDTH * aPanel;
      long bp = bo + panel * bRow;
      int end = Math.min(Panels.WIDTH, k - panel);
      for (int i = 0; i < end; i++) {
        FloatVector b0 = FloatVector.fromMemorySegment(F, b, bp + i * bRow, LE);
        FloatVector b1 = FloatVector.fromMemorySegment(F, b, bp + i * bRow + VECTOR, LE);
        long ai = ap + i * 4L;
        FloatVector t = FloatVector.broadcast(F, a.get(FLOAT, ai));
        c00 = t.fma(b0, c00);
        c01 = t.fma(b1, c01);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + ROW));
        c10 = t.fma(b0, c10);
        c11 = t.fma(b1, c11);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 2 * ROW));
        c20 = t.fma(b0, c20);
        c21 = t.fma(b1, c21);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + 3 * ROW));
        c30 = t.fma(b0, c30);
        c31 = t.fma(b1, c31);
      }
    }
    c00.intoMemorySegment(c, co, LE);
    c01.intoMemorySegment(c, co + VECTOR, LE);
    c10.intoMemorySegment(c, co + cRow, LE);
    c11.intoMemorySegment(c, co + cRow + VECTOR, LE);
    c20.intoMemorySegment(c, co + 2 * cRow, LE);
    c21.intoMemorySegment(c, co + 2 * cRow + VECTOR, LE);
    c30.intoMemorySegment(c, co + 3 * cRow, LE);
    c31.intoMemorySegment(c, co + 3 * cRow + VECTOR, LE);
  }

  private static void rows2(
      MemorySegment a,
      long ao,
      long aPanel,
      MemorySegment b,
      long bo,
      long bRow,
      int k,
      MemorySegment c,
      long co,
      long cRow) {
    FloatVector c00 = FloatVector.fromMemorySegment(F, c, co, LE);
    FloatVector c01 = FloatVector.fromMemorySegment(F, c, co + VECTOR, LE);
    FloatVector c10 = FloatVector.fromMemorySegment(F, c, co + cRow, LE);
    FloatVector c11 = FloatVector.fromMemorySegment(F, c, co + cRow + VECTOR, LE);
    for (int panel = 0; panel < k; panel += Panels.WIDTH) {
      long ap = ao + panel / Panels.WIDTH * aPanel;
      long bp = bo + panel * bRow;
      int end = Math.min(Panels.WIDTH, k - panel);
      for (int i = 0; i < end; i++) {
        FloatVector b0 = FloatVector.fromMemorySegment(F, b, bp + i * bRow, LE);
        FloatVector b1 = FloatVector.fromMemorySegment(F, b, bp + i * bRow + VECTOR, LE);
        long ai = ap + i * 4L;
        FloatVector t = FloatVector.broadcast(F, a.get(FLOAT, ai));
        c00 = t.fma(b0, c00);
        c01 = t.fma(b1, c01);
        t = FloatVector.broadcast(F, a.get(FLOAT, ai + ROW));
        c10 = t.fma(b0, c10);
        c11 = t.fma(b1, c11);
      }
    }
    c00.intoMemorySegment(c, co, LE);
    c01.intoMemorySegment(c, co + VECTOR, LE);
    c10.intoMemorySegment(c, co + cRow, LE);
    c11.intoMemorySegment(c, co + cRow + VECTOR, LE);
  }

  private static void rows1(
      MemorySegment a,
      long ao,
      long aPanel,
      MemorySegment b,
      long bo,
      long bRow,
      int k,
      MemorySegment c,
      long co) {
    FloatVector c00 = FloatVector.fromMemorySegment(F, c, co, LE);
    FloatVector c01 = FloatVector.fromMemorySegment(F, c, co + VECTOR, LE);
    for (int panel = 0; panel < k; panel += Panels.WIDTH) {
      long ap = ao + panel / Panels.WIDTH * aPanel;
      long bp = bo + panel * bRow;
      int end = Math.min(Panels.WIDTH, k - panel);
      for (int i = 0; i < end; i++) {
        FloatVector b0 = FloatVector.fromMemorySegment(F, b, bp + i * bRow, LE);
        FloatVector b1 = FloatVector.fromMemorySegment(F, b, bp + i * bRow + VECTOR, LE);
        long ai = ap + i * 4L;
        FloatVector t = FloatVector.broadcast(F, a.get(FLOAT, ai));
        c00 = t.fma(b0, c00);
        c01 = t.fma(b1, c01);
      }
    }
    c00.intoMemorySegment(c, co, LE);
    c01.intoMemorySegment(c, co + VECTOR, LE);
  }
}
