package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * Kernels on the Vector API, for any width of vectors. Weights are packed once ({@link
 * PackedMatrix}); {@link VectorProduct} multiplies with them.
 *
 * <p>Needs the module {@code jdk.incubator.vector}: touch this class only where it is present.
 */
public final class VectorKernels extends TiledKernels {
  private final VectorProduct product;
  private final MemorySegment[] sums;

  /**
   * @param arena for scratch memory
   */
  public VectorKernels(WorkerPool pool, Arena arena) {
    super(pool, arena);
    product = new VectorProduct(pool, arena);
    sums = new MemorySegment[pool.size()];
    Arrays.setAll(sums, _ -> arena.allocate(VectorRows.SUMS, 64));
  }

  @Override
  public String name() {
    return "vector-" + FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }

  @Override
  public Matrix prepare(Tensor tensor, SegmentAllocator memory) {
    Matrix.Plain plain = new Matrix.Plain(tensor);
    Optional<Encoding> encoding = Encoding.of(tensor.type());
    return encoding.isPresent() ? MatrixPacker.pack(plain, encoding.get(), memory, pool) : plain;
  }

  @Override
  public void multiply(Panels x, Matrix[] w, Panels[] y) {
    product.multiply(x, w, y, PanelProduct.NOTHING);
  }

  @Override
  void multiplyChosen(Panels x, Matrix[] w, Panels[] y, int[] panels, int count) {
    product.multiply(x, w, y, panels, count);
  }

  @Override
  void addProduct(
      int worker,
      MemorySegment a,
      long ao,
      long aPanel,
      int rows,
      MemorySegment b,
      long bo,
      int k,
      MemorySegment c,
      long co) {
    long row = (long) Panels.WIDTH * Float.BYTES;
    VectorTile.multiply(a, ao, aPanel, rows, b, bo, row, k, c, co, row);
  }

  @Override
  void norm(Panels x, ParameterVector weight, float eps, Panels y, int from, int to, int worker) {
    VectorRows.norm(x, weight, eps, y, from, to, sums[worker], 0);
  }

  @Override
  public void gate(Panels gate, Panels up, Activation activation) {
    if (few(gate)) {
      gate(gate, up, activation, 0, gate.rows());
    } else {
      eachRow(gate.rows(), (from, to, _) -> gate(gate, up, activation, from, to));
    }
  }

  private static void gate(Panels gate, Panels up, Activation activation, int from, int to) {
    int count = (to - from) * Panels.WIDTH;
    for (int c = 0; c < gate.width(); c += Panels.WIDTH) {
      long go = gate.offset(from, c);
      long uo = up.offset(from, c);
      switch (activation) {
        case SILU -> VectorRows.silu(gate.data(), go, up.data(), uo, count);
        case GELU_TANH -> VectorRows.geluTanh(gate.data(), go, up.data(), uo, count);
      }
    }
  }

  @Override
  TileAttention attention(Arena memory, Attention attention, int worker) {
    return new VectorAttention(memory, attention.heads(), attention.contextLength());
  }
}
