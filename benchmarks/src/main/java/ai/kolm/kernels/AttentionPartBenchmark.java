package ai.kolm.kernels;

import ai.kolm.benchmarks.KernelBenchmark;
import java.lang.foreign.MemorySegment;
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
 * What attention of one tile of query rows is made of, one thread: scores over keys, their
 * exponentials, sums of weighted values. 512 positions of one head in half precision, which stay in
 * the caches. {@link ScalarTile} is the specification.
 *
 * <p>Work: multiplications and additions, of the exponentials numbers. All sets give the same bits.
 */
@State(Scope.Benchmark)
public class AttentionPartBenchmark extends KernelBenchmark {
  private static final int CONTEXT = 512;
  private static final int PANELS = CONTEXT / KvCache.BLOCK;
  private static final Attention.Heads HEADS = new Attention.Heads(4, 1, 64, 0.125f, 0);

  /** One kernel. */
  public enum Part {
    SCORES,
    SOFTMAX,
    VALUES
  }

  /** All of them. */
  @Param public Part part;

  /** Query rows: of one position, and of a whole tile. */
  @Param({"4", "32"})
  public int rows;

  private KvCache cache;
  private Attention attention;
  private TileAttention tile;
  private ScalarTile expected;
  private MemorySegment start;

  /** Fills the cache and a tile. */
  @Setup(Level.Trial)
  public void prepare() {
    open(false);
    KvCache.Layout layout =
        new KvCache.Layout(1, HEADS.keyValues(), HEADS.dim(), KvCache.Precision.HALF);
    cache = new KvCache(arena, layout, PANELS);
    Random random = new Random(6);
    Panels queries = random(random, CONTEXT, HEADS.queries() * HEADS.dim());
    attention = new Attention(HEADS, cache, queries, queries, CONTEXT);
    int[] blocks = new int[PANELS];
    for (int i = 0; i < PANELS; i++) {
      blocks[i] = i;
    }
    attention.begin(List.of(new Attention.Piece(0, CONTEXT, 0, blocks)));
    set.store(
        attention, random(random, CONTEXT, HEADS.dim()), random(random, CONTEXT, HEADS.dim()));
    expected = new ScalarTile(arena, HEADS, CONTEXT);
    tile = set instanceof TiledKernels tiled ? tiled.attention(arena, attention, 0) : expected;
    start = random(random, 1, (int) (expected.scores.byteSize() / Float.BYTES)).data();
    MemorySegment.copy(start, 0, tile.queries, 0, tile.queries.byteSize());
    MemorySegment.copy(start, 0, expected.queries, 0, expected.queries.byteSize());
  }

  /** Sums go on where they were: each call has to begin as the first did. */
  @Setup(Level.Invocation)
  public void restore() {
    restore(tile);
  }

  private void restore(TileAttention attended) {
    MemorySegment.copy(start, 0, attended.scores, 0, PANELS * stride());
    attended.results.fill((byte) 0);
  }

  /** Bytes from a panel of scores to the next. */
  private long stride() {
    return rows * TileAttention.ROW;
  }

  /** The kernel. */
  @Benchmark
  public TileAttention run(Work done) {
    apply(tile);
    long numbers = (long) rows * CONTEXT;
    done.work += part == Part.SOFTMAX ? numbers : 2 * numbers * HEADS.dim();
    return tile;
  }

  private void apply(TileAttention attended) {
    if (part == Part.SOFTMAX) {
      for (int row = 0; row < rows; row++) {
        attended.bounds(row, 0, CONTEXT);
      }
      attended.normalize(rows, PANELS);
      return;
    }
    for (int i = 0; i < PANELS; i++) {
      MemorySegment memory = cache.memory(i);
      if (part == Part.SCORES) {
        attended.score(cache, memory, cache.keys(i, 0, 0), rows, i * stride());
      } else {
        attended.weigh(
            cache, memory, cache.values(i, 0, 0), rows, i * stride(), KvCache.BLOCK, i == 0);
      }
    }
  }

  /** Compares everything that was written with the specification. */
  @TearDown(Level.Trial)
  public void check() {
    ScalarTile once = new ScalarTile(arena, HEADS, CONTEXT);
    MemorySegment.copy(start, 0, once.queries, 0, once.queries.byteSize());
    restore(once);
    apply(once);
    boolean same =
        tile.scores
                .asSlice(0, PANELS * stride())
                .mismatch(once.scores.asSlice(0, PANELS * stride()))
            < 0;
    same &= tile.results.mismatch(once.results) < 0;
    same &= tile.factors.mismatch(once.factors) < 0;
    if (!same) {
      throw new AssertionError(set.name() + " differs from the specification");
    }
    close();
  }
}
