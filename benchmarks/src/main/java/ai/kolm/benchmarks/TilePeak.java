package ai.kolm.benchmarks;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.x86.AmxTiles;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.CodeMemory;
import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Routine;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The limit of prefill in the tiles of AMX: what all processors together can multiply and add from
 * registers alone, of bfloat16. The score is in GFLOP/s.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Threads(Threads.MAX)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TilePeak {
  /** As many as a product has. */
  private static final int CHAINS = 4;

  private static final int ROUNDS = 1024;

  /** Numbers of a row of tiles of factors. */
  private static final int NUMBERS = AmxTiles.ROW_BYTES / Short.BYTES;

  /** Rows times columns times sums times two. */
  private static final int OPERATIONS =
      ROUNDS * CHAINS * AmxTiles.ROWS * AmxTiles.ROWS * NUMBERS * 2;

  private static final short ONE = (short) (Float.floatToRawIntBits(1) >>> 16);

  /** Where the routine finds what: the number of rounds, a configuration, a tile, then the sums. */
  private static final int CONFIGURATION = 64;

  private static final int FACTOR = 128;
  private static final int SUM = FACTOR + AmxTiles.ROWS * AmxTiles.ROW_BYTES;

  private Arena arena;
  private MemorySegment parameters;
  private Routine routine;

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
    if (!CpuFeatures.detect(space).permitted(space).amx()) {
      throw new IllegalStateException("the processor has no tiles of bfloat16");
    }
    arena = Arena.ofConfined();
    parameters = arena.allocate(SUM + AmxTiles.ROWS * AmxTiles.ROW_BYTES, 64);
    parameters.set(ValueLayout.JAVA_LONG, 0, ROUNDS);
    AmxTiles.describe(
        parameters.asSlice(CONFIGURATION, AmxTiles.CONFIGURATION_BYTES), _ -> AmxTiles.ROWS);
    for (long at = FACTOR; at < SUM; at += Short.BYTES) {
      parameters.set(ValueLayout.JAVA_SHORT, at, ONE);
    }
    routine = space.place(loop());
  }

  private static Assembler loop() {
    Assembler a = new Assembler();
    AmxTiles tiles = new AmxTiles(a);
    a.endbr64();
    tiles.configure(Register.RDI.at(CONFIGURATION));
    a.mov(Register.RCX, Register.RDI.at(0));
    a.mov(Register.RAX, AmxTiles.ROW_BYTES);
    for (int tile = CHAINS; tile < AmxTiles.REGISTERS; tile++) {
      tiles.load(tile, Register.RDI.at(Register.RAX, 1, FACTOR));
    }
    Assembler.Label round = a.here();
    for (int chain = 0; chain < CHAINS; chain++) {
      tiles.multiplyAdd(chain, CHAINS + chain / 2, CHAINS + 2 + chain % 2);
    }
    a.sub(Register.RCX, 1);
    a.jump(Assembler.Condition.NZ, round);
    tiles.store(Register.RDI.at(Register.RAX, 1, SUM), 0);
    tiles.release();
    a.ret();
    return a;
  }

  /** Four chains of sums of products of ones. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void chains() {
    routine.call(parameters.address());
  }

  /** Checks what a chain adds up to. */
  @TearDown
  public void check() {
    float sum = parameters.get(ValueLayout.JAVA_FLOAT, SUM);
    arena.close();
    if (sum != ROUNDS * NUMBERS) {
      throw new AssertionError("a chain adds up to %f, not %d".formatted(sum, ROUNDS * NUMBERS));
    }
  }
}
