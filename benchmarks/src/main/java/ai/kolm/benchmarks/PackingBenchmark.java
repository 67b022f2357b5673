package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Weights rearranged when a model is loaded, from memory to memory that has been touched before.
 *
 * <p>Work: bytes of the tensor as its file has it. A product with what was packed has to be that of
 * the specification, as in {@link ProductBenchmark}.
 */
@State(Scope.Benchmark)
public class PackingBenchmark extends KernelBenchmark {
  private static final int ROWS = 16_384;
  private static final int COLUMNS = 2048;
  private static final double ROUNDED_ACTIVATIONS = 0.01;

  @Param({"Q4_0", "Q8_0", "Q4_K", "Q6_K", "F16"})
  public TensorType type;

  private Tensor tensor;
  private MemorySegment memory;
  private Matrix matrix;

  /**
   * Makes the weights.
   *
   * @throws IllegalStateException if the kernels take weights as they are
   */
  @Setup(Level.Trial)
  public void prepare() {
    open(false);
    if (kernels == KernelSelection.Set.SCALAR) {
      throw new IllegalStateException("scalar kernels multiply with weights as they are");
    }
    tensor = RandomWeights.make(arena, type, ROWS, COLUMNS);
    memory = arena.allocate(2 * tensor.data().byteSize(), 64);
    matrix = pack();
  }

  private Matrix pack() {
    return set.prepare(tensor, (size, _) -> memory.asSlice(0, size));
  }

  /** Packs it again. */
  @Benchmark
  public Matrix pack(Work done) {
    matrix = pack();
    done.work += tensor.data().byteSize();
    return matrix;
  }

  /** Multiplies with the result. */
  @TearDown(Level.Trial)
  public void check() {
    Panels x = random(new Random(5), 1, COLUMNS);
    Panels y = Panels.allocate(arena, 1, ROWS);
    Panels expected = Panels.allocate(arena, 1, ROWS);
    set.multiply(x, new Matrix[] {matrix}, new Panels[] {y});
    Matrix[] plain = {scalar.prepare(tensor, arena)};
    scalar.multiply(x, plain, new Panels[] {expected});
    boolean exact = kernels == KernelSelection.Set.VECTOR;
    check(y, 0, expected, 0, exact ? 0 : ROUNDED_ACTIVATIONS);
    close();
  }
}
