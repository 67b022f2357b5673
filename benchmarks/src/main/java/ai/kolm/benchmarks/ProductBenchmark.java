package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One matrix product: one row is what decoding does, many rows what prefill does. {@code
 * FEED_FORWARD} is a layer of a small model, which stays in the caches; {@code GATE} one of a
 * larger model; {@code OUTPUT} is an output projection, which does not stay: with one row, its
 * bytes by the time are what the kernel reads, to be compared with what memory gives.
 *
 * <p>Work: bytes of weights of one row, multiplications and additions of several.
 *
 * <p>Sets that compute with the activations as they are must agree bit for bit. Those that round
 * activations to 8 bits, 32 at a time, are off by half a step of max/127 at most: with normally
 * distributed ones, whose largest of 32 is some 2.1 deviations, an error of 2.1 / 127 / sqrt(12) =
 * 0.005, of which twice as much is let pass.
 */
@State(Scope.Benchmark)
public class ProductBenchmark extends KernelBenchmark {
  /** The sets whose results are the bits of the specification. */
  private static final Set<KernelSelection.Set> EXACT =
      EnumSet.of(KernelSelection.Set.SCALAR, KernelSelection.Set.VECTOR);

  private static final double ROUNDED_ACTIVATIONS = 0.01;

  /** The extents of a weight matrix. */
  public enum Extents {
    FEED_FORWARD(1536, 768),
    GATE(8192, 2048),
    OUTPUT(49_152, 1024);

    private final int outputs;
    private final int columns;

    Extents(int outputs, int columns) {
      this.outputs = outputs;
      this.columns = columns;
    }
  }

  @Param({"FEED_FORWARD"})
  public Extents extents;

  @Param({"Q4_0", "Q8_0", "Q4_K", "F16"})
  public TensorType type;

  @Param({"1", "4", "512"})
  public int rows;

  /** Whether many activations may be rounded to 8 bits. */
  @Param({"false"})
  public boolean fastPrompts;

  private Tensor tensor;
  private Panels x;
  private Panels[] y;
  private Matrix[] matrix;
  private long workOfACall;

  /** Makes weights and activations of a fixed seed. */
  @Setup(Level.Trial)
  public void prepare() {
    open(fastPrompts);
    tensor = RandomWeights.make(arena, type, extents.outputs, extents.columns);
    x = random(new Random(2), rows, extents.columns);
    y = new Panels[] {Panels.allocate(arena, rows, extents.outputs)};
    matrix = new Matrix[] {set.prepare(tensor, arena)};
    long weights = (long) extents.outputs * extents.columns;
    workOfACall = rows == 1 ? tensor.data().byteSize() : 2L * rows * weights;
  }

  /** The product. */
  @Benchmark
  public Panels[] multiply(Work done) {
    set.multiplyCoarsely(x, matrix, y);
    done.work += workOfACall;
    return y;
  }

  /** Compares the last row of the result with the specification. */
  @TearDown(Level.Trial)
  public void check() {
    float[] input = new float[Panels.roundUp(extents.columns)];
    x.copyRow(rows - 1, input);
    Panels lastRow = Panels.allocate(arena, 1, extents.columns);
    lastRow.setRow(0, input);
    Panels expected = Panels.allocate(arena, 1, extents.outputs);
    Matrix[] plain = {scalar.prepare(tensor, arena)};
    scalar.multiply(lastRow, plain, new Panels[] {expected});
    double allowed = EXACT.contains(kernels) ? 0 : ROUNDED_ACTIVATIONS;
    check(y[0], rows - 1, expected, 0, allowed);
    close();
  }
}
