package ai.kolm.benchmarks;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ScalarKernels;
import ai.kolm.kernels.VectorKernels;
import ai.kolm.kernels.WorkerPool;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
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
 * One matrix product of a feed-forward layer, (rows, 768) by (1536, 768): one row is what decoding
 * does, many rows what prefill does. Every trial checks its result against a sum in double
 * precision.
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
  private static final int COLUMNS = 768;
  private static final int OUTPUTS = 1536;

  /** Which kernels. */
  public enum Set {
    SCALAR,
    VECTOR
  }

  @Param({"SCALAR", "VECTOR"})
  public Set kernels;

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

  /** Makes weights and activations of a fixed seed. */
  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosedChecker") // closed by check
  public void prepare() {
    arena = Arena.ofShared();
    pool = new WorkerPool(Runtime.getRuntime().availableProcessors());
    set =
        switch (kernels) {
          case SCALAR -> new ScalarKernels(pool);
          case VECTOR -> new VectorKernels(pool, arena);
        };
    Random random = new Random(1);
    tensor = weights(random);
    x = Panels.allocate(arena, rows, COLUMNS);
    for (int row = 0; row < rows; row++) {
      float[] values = new float[COLUMNS];
      for (int c = 0; c < COLUMNS; c++) {
        values[c] = (float) random.nextGaussian();
      }
      x.setRow(row, values);
    }
    y = new Panels[] {Panels.allocate(arena, rows, OUTPUTS)};
    matrix = new Matrix[] {set.prepare(tensor, arena)};
  }

  private Tensor weights(Random random) {
    MemorySegment data = arena.allocate(type.byteSize((long) OUTPUTS * COLUMNS), 64);
    long rowBytes = type.byteSize(COLUMNS);
    float[] row = new float[COLUMNS];
    for (int r = 0; r < OUTPUTS; r++) {
      for (int c = 0; c < COLUMNS; c++) {
        row[c] = 0.05f * (float) random.nextGaussian();
      }
      Quantizer.of(type).encode(row, 0, data, r * rowBytes, COLUMNS / type.blockSize());
    }
    return new Tensor("weights", type, Shape.of(OUTPUTS, COLUMNS), data);
  }

  /** The product. */
  @Benchmark
  public Panels[] multiply() {
    set.multiply(x, matrix, y);
    return y;
  }

  /** Checks some elements, then frees the memory. */
  @TearDown(Level.Trial)
  public void check() {
    float[] weights = new float[COLUMNS];
    for (int output = 0; output < OUTPUTS; output += 97) {
      BlockFormat.of(type)
          .decode(
              tensor.data(), output * tensor.rowBytes(), weights, 0, COLUMNS / type.blockSize());
      double sum = 0;
      double magnitude = 0;
      for (int c = 0; c < COLUMNS; c++) {
        sum += (double) x.get(rows - 1, c) * weights[c];
        magnitude += Math.abs((double) x.get(rows - 1, c) * weights[c]);
      }
      double error = Math.abs(sum - y[0].get(rows - 1, output));
      if (!(error <= COLUMNS * 0x1p-24 * magnitude)) {
        throw new AssertionError("output " + output + " is off by " + error);
      }
    }
    pool.close();
    arena.close();
  }
}
