package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.CodeMemory;
import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Routine;
import ai.kolm.kernels.x86.VectorOp;
import ai.kolm.kernels.x86.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The limit of prefill with activations rounded to integers: what all processors together can
 * multiply and add from registers alone, with the instructions that products use. {@link
 * MultiplyAddPeak} is that of floats. The score is in thousand million operations a second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Threads(Threads.MAX)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IntegerPeak {
  /** More than the latency of a sum times the units that add. */
  private static final int CHAINS = 12;

  /** Whole rounds of vectors of either width and numbers of either size. */
  private static final int OPERATIONS = 2048 * CHAINS * 128;

  /** Where the routine finds what: the number of rounds, then vectors. */
  private static final int FACTOR = 64;

  private static final int ADDEND = 128;
  private static final int SUM = 192;

  @Param({"16", "8"})
  public int bits;

  private Arena arena;
  private MemorySegment parameters;
  private Routine routine;
  private int rounds;

  /**
   * Assembles the loop.
   *
   * @throws IllegalStateException if the processor has no such instructions; says why
   */
  @Setup
  @SuppressWarnings("MustBeClosedChecker") // closed by check
  public void prepare() {
    String obstacle = KernelSelection.emittedObstacle();
    if (!obstacle.isEmpty()) {
      throw new IllegalStateException(obstacle);
    }
    CodeMemory space = new CodeMemory();
    CpuFeatures features = CpuFeatures.detect(space);
    if (bits == 8 && !features.vnni()) {
      throw new IllegalStateException("the processor has no dot products of bytes");
    }
    int width = features.avx512() ? 64 : 32;
    rounds = OPERATIONS / (2 * CHAINS * width * Byte.SIZE / bits);
    arena = Arena.ofConfined();
    parameters = arena.allocate(256, 64);
    parameters.set(ValueLayout.JAVA_LONG, 0, rounds);
    for (long at = 0; at < 64; at += bits / Byte.SIZE) {
      parameters.set(ValueLayout.JAVA_BYTE, FACTOR + at, (byte) 1);
      parameters.set(ValueLayout.JAVA_BYTE, ADDEND + at, (byte) 1);
    }
    routine = space.place(loop(width, features.vnni()));
  }

  private Assembler loop(int width, boolean vnni) {
    Assembler a = new Assembler();
    Vectors v = new Vectors(a, width);
    a.endbr64();
    a.mov(Register.RCX, Register.RDI.at(0));
    v.load(0, Register.RDI.at(FACTOR));
    v.load(1, Register.RDI.at(ADDEND));
    for (int chain = 0; chain < CHAINS; chain++) {
      v.zero(2 + chain);
    }
    Assembler.Label round = a.here();
    for (int chain = 0; chain < CHAINS; chain++) {
      if (vnni) {
        v.op(bits == 8 ? VectorOp.VPDPBUSD : VectorOp.VPDPWSSD, 2 + chain, 0, 1);
      } else {
        v.op(VectorOp.VPMADDWD, 2 + CHAINS, 0, 1);
        v.op(VectorOp.VPADDD, 2 + chain, 2 + chain, 2 + CHAINS);
      }
    }
    a.sub(Register.RCX, 1);
    a.jump(Assembler.Condition.NZ, round);
    for (int chain = 1; chain < CHAINS; chain++) {
      v.op(VectorOp.VPADDD, 2, 2, 2 + chain);
    }
    v.store(Register.RDI.at(SUM), 2);
    a.vzeroupper();
    a.ret();
    return a;
  }

  /** Twelve chains of sums of products of ones. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void chains() {
    routine.call(parameters.address());
  }

  /** Checks what the chains add up to. */
  @TearDown
  public void check() {
    int sum = parameters.get(ValueLayout.JAVA_INT, SUM);
    arena.close();
    int expected = rounds * CHAINS * Integer.SIZE / bits;
    if (sum != expected) {
      throw new AssertionError("the chains add up to %d, not %d".formatted(sum, expected));
    }
  }
}
