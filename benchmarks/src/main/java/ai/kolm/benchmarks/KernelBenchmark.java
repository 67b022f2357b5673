package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.WorkerPool;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the benchmarks of kernels share: they run with every kernel set there is. One that this
 * machine cannot run fails its trials with the reason, and the others go on. Every trial compares
 * its result with the specification. {@link KernelTable} runs them all.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class KernelBenchmark {
  /** What calls have done. JMH reports the time that a unit of it takes. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** Bytes, operations or numbers; each benchmark says which. */
    public long work;
  }

  /** All of them. */
  @Param public KernelSelection.Set kernels;

  /** For everything that lives as long as a trial. */
  protected Arena arena;

  /** One worker per processor. */
  protected WorkerPool pool;

  /** The set that is measured. */
  protected Kernels set;

  /** The specification, on one thread. */
  protected Kernels scalar;

  private WorkerPool one;

  /**
   * Makes the kernels.
   *
   * @throws IllegalStateException if this process cannot run them; says why
   */
  @SuppressWarnings("MustBeClosedChecker") // closed by close
  protected final void open(boolean fastPrompts) {
    KernelSelection selection = KernelSelection.forced(kernels);
    arena = Arena.ofShared();
    pool = new WorkerPool(Runtime.getRuntime().availableProcessors());
    set = (fastPrompts ? selection.withFastPrompts() : selection).create(pool, arena);
    one = new WorkerPool(1);
    scalar = KernelSelection.forced(KernelSelection.Set.SCALAR).create(one, arena);
  }

  /** Ends the threads and frees the memory. */
  protected final void close() {
    one.close();
    pool.close();
    arena.close();
  }

  /** A matrix of normally distributed numbers. */
  protected final Panels random(Random random, int rows, int width) {
    Panels x = Panels.allocate(arena, rows, width);
    float[] values = new float[width];
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < width; c++) {
        values[c] = (float) random.nextGaussian();
      }
      x.setRow(row, values);
    }
    return x;
  }

  /**
   * Compares a row of a result with the specification: the norm of the difference, by the norm of
   * the result.
   *
   * @throws AssertionError if it is more than {@code allowed}
   */
  protected final void check(Panels result, int row, Panels expected, int itsRow, double allowed) {
    double difference = 0;
    double norm = 0;
    for (int c = 0; c < expected.width(); c++) {
      double wanted = expected.get(itsRow, c);
      difference += Math.pow(result.get(row, c) - wanted, 2);
      norm += wanted * wanted;
    }
    double error = Math.sqrt(difference / norm);
    if (!(error <= allowed)) {
      throw new AssertionError(
          "%s, row %d, is off by %.2e, %.2e is allowed".formatted(set.name(), row, error, allowed));
    }
  }
}
