package ai.kolm.benchmarks;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The limit of prefill with float32 activations: what all processors together can multiply and add,
 * from registers alone. The score is in GFLOP/s; a product of {@link ProductBenchmark} does 2 *
 * rows * outputs * columns operations.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Threads(Threads.MAX)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MultiplyAddPeak {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** More than the latency of an addition times the units that add. */
  private static final int CHAINS = 12;

  private static final int MOST_LANES = 16;
  private static final int OPERATIONS = 1024 * CHAINS * MOST_LANES * 2;

  /** As many as make {@link #OPERATIONS}, whatever the width of a vector. */
  private static final int ROUNDS = OPERATIONS / (CHAINS * SPECIES.length() * 2);

  private float factor = 0.5f;
  private float addend = 1;
  private float last;

  /**
   * Twelve chains of x = x * 0.5 + 1, which ends at 2. Flat: vectors in arrays are not registers.
   */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public float chains() {
    FloatVector x = FloatVector.broadcast(SPECIES, factor);
    FloatVector y = FloatVector.broadcast(SPECIES, addend);
    FloatVector a = y;
    FloatVector b = y;
    FloatVector c = y;
    FloatVector d = y;
    FloatVector e = y;
    FloatVector f = y;
    FloatVector g = y;
    FloatVector h = y;
    FloatVector i = y;
    FloatVector j = y;
    FloatVector k = y;
    FloatVector l = y;
    for (int round = 0; round < ROUNDS; round++) {
      a = a.fma(x, y);
      b = b.fma(x, y);
      c = c.fma(x, y);
      d = d.fma(x, y);
      e = e.fma(x, y);
      f = f.fma(x, y);
      g = g.fma(x, y);
      h = h.fma(x, y);
      i = i.fma(x, y);
      j = j.fma(x, y);
      k = k.fma(x, y);
      l = l.fma(x, y);
    }
    FloatVector sum =
        a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l);
    last = sum.lane(0) / CHAINS;
    return last;
  }

  /** Checks where the chains have ended. */
  @TearDown
  public void check() {
    if (Math.abs(last - 2) > 1e-5) {
      throw new AssertionError("the chains end at " + last);
    }
  }
}
