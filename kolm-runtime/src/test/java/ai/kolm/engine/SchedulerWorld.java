package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.model.Batch;
import ai.kolm.model.Logits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A scheduler, and instead of a model one number for each place of each block: a hash of the scope
 * and of all tokens up to there, as keys and values are. Every step reads all of them back through
 * the block tables, so a block that holds anything else than it should is found.
 */
final class SchedulerWorld {

  /** A request: its sequences grow to a given length. Equal beginnings go on equally. */
  static final class Job implements Sequence.Owner {
    final List<Sequence> sequences = new ArrayList<>();
    final CacheScope scope;
    final int target;
    boolean stalled;
    int reused = -1;

    Job(int[] prompt, int n, int target, int firstRow, CacheScope scope) {
      this.scope = scope;
      this.target = target;
      for (int i = 0; i < n; i++) {
        int first = i == 0 ? firstRow : prompt.length - 1;
        sequences.add(new Sequence(prompt, first, scope, this));
      }
    }

    /** A prompt that starts like no other, unless {@code name} is the same. */
    static Job of(int name, int prompt, int n, int target) {
      return new Job(tokens(name, prompt), n, target, prompt - 1, CacheScope.COMMON);
    }

    static int[] tokens(int name, int count) {
      return IntStream.range(0, count).map(i -> 1_000_000 * name + i).toArray();
    }

    Sequence sequence() {
      return sequences.getFirst();
    }

    @Override
    public boolean stalled() {
      return stalled;
    }

    @Override
    public void admitted(int computed) {
      if (reused < 0) {
        reused = computed;
      }
    }

    @Override
    public void accept(Logits logits, int row) {}

    @Override
    public void fail(EngineException failure) {}
  }

  /** What a step costs, reading the weights as much as 8 tokens unless told otherwise. */
  interface Cost {
    long of(int decoding, int prefill);
  }

  final EngineLimits limits;
  final int blockSize;
  final int maxRows;
  final PrefixCache cache;
  final Scheduler scheduler;
  final Set<Sequence> live = new HashSet<>();
  Cost cost = (decoding, prefill) -> 8 + decoding + prefill;
  private final int[][] places;

  SchedulerWorld(EngineLimits limits, int blockSize, int blocks, int maxRows, boolean keeps) {
    this.limits = limits;
    this.blockSize = blockSize;
    this.maxRows = maxRows;
    this.places = new int[blocks][blockSize];
    this.cache = new PrefixCache(new BlockPool(blocks), blockSize, keeps);
    this.scheduler = new Scheduler(cache, this::copy, limits, maxRows);
  }

  SchedulerWorld(EngineLimits limits, int blockSize, int blocks, int maxRows) {
    this(limits, blockSize, blocks, maxRows, true);
  }

  private void copy(int from, int to) {
    assertTrue(from != to);
    System.arraycopy(places[from], 0, places[to], 0, blockSize);
  }

  void add(Job... jobs) {
    for (Job job : jobs) {
      job.sequences.forEach(scheduler::add);
      live.addAll(job.sequences);
    }
  }

  void remove(Sequence sequence) {
    scheduler.remove(sequence);
    live.remove(sequence);
  }

  /** Ends the sequence as one that has failed, after which its own blocks hold anything. */
  void fail(Sequence sequence) {
    scheduler.discard(sequence);
    live.remove(sequence);
  }

  /** Runs until all that live have ended. */
  void finish() {
    for (int i = 0; !live.isEmpty(); i++) {
      assertTrue(!step().pieces().isEmpty() && i < 50_000, "it hangs");
    }
  }

  Step step() {
    Step step = scheduler.schedule();
    if (!step.pieces().isEmpty()) {
      check(step);
      step.pieces().forEach(this::compute);
      scheduler.complete(step, cost(step));
      step.pieces().forEach(this::grow);
    }
    return step;
  }

  /** What a step costs. */
  long cost(Step step) {
    return cost.of(step.decoding(), step.tokens() - step.decoding());
  }

  /** Whether the piece is the one token that a sequence waits for. */
  static boolean isDecoding(Step.Piece piece) {
    return piece.tokens() == 1 && piece.sequence().left() == 1;
  }

  private void compute(Step.Piece piece) {
    Sequence sequence = piece.sequence();
    int end = sequence.computed() + piece.tokens();
    int hash = sequence.scope().hashCode();
    for (int position = 0; position < end; position++) {
      hash = hash * 1_000_003 + sequence.token(position);
      int[] block = places[sequence.block(position / blockSize)];
      if (position >= sequence.computed()) {
        block[position % blockSize] = hash;
      }
      assertEquals(hash, block[position % blockSize], "position " + position);
    }
  }

  private void grow(Step.Piece piece) {
    Sequence sequence = piece.sequence();
    for (int i = 0; i < piece.rows(); i++) {
      sequence.rowTaken();
    }
    if (sequence.nextRow() == sequence.length()) {
      sequence.append(sequence.token(sequence.length() - 1) % 7 + 1);
      if (sequence.length() == ((Job) sequence.owner()).target) {
        remove(sequence);
      }
    }
  }

  private void check(Step step) {
    Batch batch = step.batch(blockSize);
    assertTrue(batch.tokens() <= limits.batchTokens());
    assertTrue(batch.rows() <= maxRows);
    Set<Sequence> once = new HashSet<>();
    for (Step.Piece piece : step.pieces()) {
      Sequence sequence = piece.sequence();
      assertTrue(live.contains(sequence) && once.add(sequence));
      int first = sequence.computed() / blockSize;
      int last = (sequence.computed() + piece.tokens() - 1) / blockSize;
      for (int i = first; i <= last; i++) {
        checkOnlyUser(sequence, sequence.block(i));
      }
    }
    int held = (int) live.stream().flatMapToInt(SchedulerWorld::blocks).distinct().count();
    assertEquals(cache.size() - cache.available(), held);
  }

  private static IntStream blocks(Sequence sequence) {
    return IntStream.range(0, sequence.blockCount()).map(sequence::block);
  }

  private void checkOnlyUser(Sequence writer, int block) {
    for (Sequence other : live) {
      assertTrue(other == writer || blocks(other).noneMatch(b -> b == block));
    }
  }
}
