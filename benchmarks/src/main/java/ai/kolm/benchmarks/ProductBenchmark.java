package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ScalarKernels;
import ai.kolm.kernels.WorkerPool;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One matrix product: one row is what decoding does, many rows what prefill does. {@code
 * FEED_FORWARD} is a layer of a small model, which stays in the caches; {@code OUTPUT} is an output
 * projection, which does not: with one row, its bytes by the time are what the kernel reads, to be
 * compared with {@code kolm bench}.
 *
 * <p>Runs with every kernel set there is. One that this machine cannot run fails its trials with
 * the reason, and the others go on. Every trial compares its result with that of the scalar
 * kernels: the norm of the difference, by the norm of the result. Sets that compute with the
 * activations as they are must agree bit for bit. Those that round activations to 8 bits, 32 at a
 * time, are off by half a step of max/127 at most: with normally distributed ones, whose largest of
 * 32 is some 2.1 deviations, an error of 2.1 / 127 / sqrt(12) = 0.005, of which twice as much is
 * let pass.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProductBenchmark {
  /** The sets whose results are the bits of the specification. */
  private static final Set<KernelSelection.Set> EXACT =
      EnumSet.of(KernelSelection.Set.SCALAR, KernelSelection.Set.VECTOR);

  private static final double ROUNDED_ACTIVATIONS = 0.01;

  /** The extents of a weight matrix. */
  public enum Extents {
    FEED_FORWARD(1536, 768),
    OUTPUT(49_152, 1024);

    private final int outputs;
    private final int columns;

    Extents(int outputs, int columns) {
      this.outputs = outputs;
      this.columns = columns;
    }
  }

  /** All of them. */
  @Param public KernelSelection.Set kernels;

  @Param({"FEED_FORWARD"})
  public Extents extents;

  @Param({"Q4_0", "Q8_0", "Q4_K", "F16"})
  public TensorType type;

  @Param({"1", "4", "512"})
  public int rows;

  private Arena arena;
  private WorkerPool pool;
  private Kernels set;
  private Tensor tensor;
  private Panels x;
  private Panels[] y;
  private Matrix[] matrix;

  /**
   * Makes weights and activations of a fixed seed.
   *
   * @throws IllegalStateException if this process cannot run the kernels; says why
   */
  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosedChecker") // closed by check
  public void prepare() {
    KernelSelection selection = KernelSelection.forced(kernels);
    arena = Arena.ofShared();
    pool = new WorkerPool(Runtime.getRuntime().availableProcessors());
    set = selection.create(pool, arena);
    Random random = new Random(1);
    tensor = weights(random);
    x = Panels.allocate(arena, rows, extents.columns);
    for (int row = 0; row < rows; row++) {
      float[] values = new float[extents.columns];
      for (int c = 0; c < values.length; c++) {
        values[c] = (float) random.nextGaussian();
      }
      x.setRow(row, values);
    }
    y = new Panels[] {Panels.allocate(arena, rows, extents.outputs)};
    matrix = new Matrix[] {set.prepare(tensor, arena)};
  }

  private Tensor weights(Random random) {
    int columns = extents.columns;
    MemorySegment data = arena.allocate(type.byteSize((long) extents.outputs * columns), 64);
    long rowBytes = type.byteSize(columns);
    float[] row = new float[columns];
    for (int r = 0; r < extents.outputs; r++) {
      for (int c = 0; c < columns; c++) {
        row[c] = 0.05f * (float) random.nextGaussian();
      }
      Quantizer.of(type).encode(row, 0, data, r * rowBytes, columns / type.blockSize());
    }
    return new Tensor("weights", type, Shape.of(extents.outputs, columns), data);
  }

  /** The product. */
  @Benchmark
  public Panels[] multiply() {
    set.multiply(x, matrix, y);
    return y;
  }

  /** Compares the last row of the result with the specification, then frees the memory. */
  @TearDown(Level.Trial)
  public void check() {
    try (WorkerPool one = new WorkerPool(1)) {
      Kernels scalar = new ScalarKernels(one);
      float[] input = new float[Panels.roundUp(extents.columns)];
      x.copyRow(rows - 1, input);
      Panels lastRow = Panels.allocate(arena, 1, extents.columns);
      lastRow.setRow(0, input);
      Panels expected = Panels.allocate(arena, 1, extents.outputs);
      Matrix[] plain = {scalar.prepare(tensor, arena)};
      scalar.multiply(lastRow, plain, new Panels[] {expected});
      double error = relativeError(expected);
      double allowed = EXACT.contains(kernels) ? 0 : ROUNDED_ACTIVATIONS;
      if (!(error <= allowed)) {
        throw new AssertionError(
            "%s is off by %.2e, %.2e is allowed".formatted(set.name(), error, allowed));
      }
    }
    pool.close();
    arena.close();
  }

  private double relativeError(Panels expected) {
    double difference = 0;
    double norm = 0;
    for (int output = 0; output < extents.outputs; output++) {
      double wanted = expected.get(0, output);
      difference += Math.pow(y[0].get(rows - 1, output) - wanted, 2);
      norm += wanted * wanted;
    }
    return Math.sqrt(difference / norm);
  }
}
