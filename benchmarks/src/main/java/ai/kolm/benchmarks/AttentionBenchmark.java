package ai.kolm.benchmarks;

import ai.kolm.kernels.Attention;
import ai.kolm.kernels.KvCache;
import ai.kolm.kernels.Panels;
import java.util.List;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Attention over keys and values in half precision, with the heads of a model of a thousand million
 * weights. {@code STEP}: one row at the end of a long context, layer after layer, so that keys and
 * values come from memory. {@code PROMPT}: the rows of a prompt, all from its beginning.
 *
 * <p>Work: bytes of keys and values of a step, multiplications and additions of a prompt. All sets
 * give the same bits.
 */
@State(Scope.Benchmark)
public class AttentionBenchmark extends KernelBenchmark {
  private static final Attention.Heads HEADS = new Attention.Heads(32, 8, 64, 0.125f, 0);
  private static final int WIDTH = HEADS.queries() * HEADS.dim();
  private static final int CACHED_WIDTH = HEADS.keyValues() * HEADS.dim();

  /** What reads the cache. */
  public enum Phase {
    STEP(8, 8192, 1),
    PROMPT(1, 512, 512);

    private final int layers;
    private final int context;
    private final int rows;

    Phase(int layers, int context, int rows) {
      this.layers = layers;
      this.context = context;
      this.rows = rows;
    }
  }

  /** Both. */
  @Param public Phase phase;

  private Attention attention;
  private Panels queries;
  private Panels result;
  private int layer;
  private long workOfACall;

  /** Fills the cache. */
  @Setup(Level.Trial)
  public void prepare() {
    open(false);
    int blockCount = phase.context / KvCache.BLOCK;
    KvCache.Layout layout =
        new KvCache.Layout(phase.layers, HEADS.keyValues(), HEADS.dim(), KvCache.Precision.HALF);
    Random random = new Random(4);
    queries = random(random, phase.rows, WIDTH);
    result = Panels.allocate(arena, phase.rows, WIDTH);
    KvCache cache = new KvCache(arena, layout, blockCount);
    attention = new Attention(HEADS, cache, queries, result, phase.context);
    int[] blocks = new int[blockCount];
    for (int i = 0; i < blockCount; i++) {
      blocks[i] = i;
    }
    Panels stored = random(random, Phase.PROMPT.rows, CACHED_WIDTH);
    for (int at = 0; at < phase.context; at += stored.rows()) {
      attention.begin(List.of(new Attention.Piece(0, stored.rows(), at, blocks)));
      for (int l = 0; l < phase.layers; l++) {
        attention.layer(l, 0);
        set.store(attention, stored, stored);
      }
    }
    int position = phase.context - phase.rows;
    attention.begin(List.of(new Attention.Piece(0, phase.rows, position, blocks)));
    workOfACall = phase == Phase.STEP ? bytes() : operations();
  }

  private long bytes() {
    return 2L * Short.BYTES * CACHED_WIDTH * phase.context;
  }

  /** Of scores and of weighted sums: two for every number of a query and every position it sees. */
  private long operations() {
    long positions = 0;
    for (int row = 0; row < phase.rows; row++) {
      positions += row + 1;
    }
    return 2 * 2 * positions * WIDTH;
  }

  /** Attention of one layer. */
  @Benchmark
  public Panels attend(Work done) {
    layer = (layer + 1) % phase.layers;
    attention.layer(layer, 0);
    set.attend(attention);
    done.work += workOfACall;
    return result;
  }

  /** Compares the result with that of the specification. */
  @TearDown(Level.Trial)
  public void check() {
    Panels got = Panels.allocate(arena, phase.rows, WIDTH);
    got.copy(result);
    scalar.attend(attention);
    for (int row = 0; row < phase.rows; row++) {
      check(got, row, result, row, 0);
    }
    close();
  }
}
