package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.model.Batch;
import ai.kolm.model.Logits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SchedulerTest {

  /** A request without a model: its sequences grow to a given length. */
  private static final class Job implements Sequence.Owner {
    final List<Sequence> sequences = new ArrayList<>();
    final int target;
    boolean stalled;

    Job(int prompt, int n, int target, int firstRow) {
      this.target = target;
      int[] tokens = IntStream.range(0, prompt).toArray();
      for (int i = 0; i < n; i++) {
        sequences.add(new Sequence(tokens, i == 0 ? firstRow : prompt - 1, sequences, this));
      }
    }

    @Override
    public boolean stalled() {
      return stalled;
    }

    @Override
    public void admitted() {}

    @Override
    public void accept(Logits logits, int row) {}

    @Override
    public void fail(EngineException failure) {}
  }

  /** A scheduler, and a model that only counts. */
  private static final class World {
    final EngineLimits limits;
    final int blockSize;
    final int maxRows;
    final BlockPool pool;
    final Scheduler scheduler;
    final Set<Sequence> live = new HashSet<>();

    World(EngineLimits limits, int blockSize, int blocks, int maxRows) {
      this.limits = limits;
      this.blockSize = blockSize;
      this.maxRows = maxRows;
      this.pool = new BlockPool(blocks);
      this.scheduler = new Scheduler(pool, blockSize, limits, maxRows);
    }

    void add(Job job) {
      job.sequences.forEach(scheduler::add);
      live.addAll(job.sequences);
    }

    void remove(Sequence sequence) {
      scheduler.remove(sequence);
      live.remove(sequence);
    }

    Step step() {
      Step step = scheduler.schedule();
      if (!step.pieces().isEmpty()) {
        check(step);
        scheduler.complete(step);
        step.pieces().forEach(this::grow);
      }
      return step;
    }

    private void grow(Step.Piece piece) {
      Sequence sequence = piece.sequence();
      for (int i = 0; i < piece.rows(); i++) {
        sequence.rowTaken();
      }
      if (sequence.nextRow() == sequence.length()) {
        sequence.append(7);
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
      int held = (int) live.stream().flatMapToInt(World::blocks).distinct().count();
      assertEquals(pool.size() - pool.free(), held);
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

  @Test
  void whateverHappensEverySequenceEndsAndEveryBlockIsFree() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int blockSize = 1 + random.nextInt(5);
      int context = 20;
      int blocks = Math.ceilDiv(context, blockSize) + random.nextInt(8);
      EngineLimits limits =
          new EngineLimits(1 + random.nextInt(12), 1 + random.nextInt(6), 100, 100);
      World world = new World(limits, blockSize, blocks, 1 + random.nextInt(6));
      List<Job> jobs = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        disturb(world, jobs, random, context);
        world.step();
      }
      jobs.forEach(job -> job.stalled = false);
      for (int i = 0; !world.live.isEmpty(); i++) {
        assertTrue(!world.step().pieces().isEmpty() && i < 50_000, "seed " + seed + " hangs");
      }
      assertEquals(blocks, world.pool.free());
    }
  }

  private static void disturb(World world, List<Job> jobs, Random random, int context) {
    if (random.nextInt(4) == 0 && world.live.size() < 20) {
      int prompt = 1 + random.nextInt(context - 1);
      int target = prompt + 1 + random.nextInt(context - prompt);
      int firstRow = random.nextInt(4) == 0 ? 0 : prompt - 1;
      Job job = new Job(prompt, 1 + random.nextInt(3), target, firstRow);
      jobs.add(job);
      world.add(job);
    }
    if (!jobs.isEmpty() && random.nextInt(3) == 0) {
      Job job = jobs.get(random.nextInt(jobs.size()));
      job.stalled = !job.stalled;
    }
    if (!world.live.isEmpty() && random.nextInt(15) == 0) {
      world.remove(List.copyOf(world.live).get(random.nextInt(world.live.size())));
    }
  }

  @Test
  void aLongPromptDoesNotDelayRunningSequences() {
    World world = new World(new EngineLimits(8, 8, 100, 100), 4, 1000, 8);
    Job running = new Job(3, 2, 200, 2);
    world.add(running);
    world.step();
    world.step();
    Job slow = new Job(600, 1, 700, 599);
    world.add(slow);
    for (int i = 0; i < 100; i++) {
      Step step = world.step();
      assertEquals(8, step.tokens());
      for (Sequence sequence : running.sequences) {
        assertTrue(step.pieces().stream().anyMatch(piece -> piece.sequence() == sequence));
      }
    }
    assertEquals(600, slow.sequences.getFirst().computed());
  }

  @Test
  void aPromptIsComputedOnceForAllItsSequences() {
    World world = new World(new EngineLimits(1000, 8, 100, 100), 16, 100, 8);
    world.add(new Job(100, 4, 110, 99));
    int prefill = 0;
    for (int i = 0; i < 2; i++) {
      prefill +=
          world.step().pieces().stream()
              .filter(p -> p.tokens() > 1)
              .mapToInt(p -> p.tokens())
              .sum();
    }
    assertEquals(100 + 3 * (100 - 96), prefill);
    assertEquals(6 + 4, world.pool.size() - world.pool.free());
  }

  @Test
  void theYoungestGivesWayAndNothingIsComputedTwiceWithoutNeed() {
    World world = new World(new EngineLimits(64, 8, 100, 100), 4, 8, 8);
    Job old = new Job(8, 1, 32, 7);
    Job young = new Job(4, 1, 16, 3);
    world.add(old);
    world.add(young);
    while (!world.live.isEmpty()) {
      Step step = world.step();
      if (world.live.contains(old.sequences.getFirst())) {
        assertTrue(step.pieces().stream().anyMatch(p -> p.sequence() == old.sequences.getFirst()));
      }
    }
    assertEquals(1, world.scheduler.preemptions());
  }

  @Test
  void aStalledSequenceKeepsItsBlocksUntilAnotherNeedsThem() {
    World world = new World(new EngineLimits(64, 1, 100, 100), 4, 8, 8);
    Job stalled = new Job(16, 1, 32, 15);
    world.add(stalled);
    world.step();
    stalled.stalled = true;
    Job small = new Job(4, 1, 6, 3);
    world.add(small);
    while (world.live.contains(small.sequences.getFirst())) {
      assertEquals(1, world.step().pieces().size());
    }
    assertEquals(16, stalled.sequences.getFirst().computed());
    Job large = new Job(28, 1, 30, 27);
    world.add(large);
    while (world.live.contains(large.sequences.getFirst())) {
      assertEquals(1, world.step().pieces().size());
    }
    assertEquals(0, stalled.sequences.getFirst().computed());
    assertTrue(world.step().pieces().isEmpty());
    stalled.stalled = false;
    assertEquals(17, world.step().tokens());
  }

  @Test
  void poolsRefuseWhatWouldCorruptThem() {
    BlockPool pool = new BlockPool(2);
    int block = pool.allocate();
    pool.share(block);
    pool.release(block);
    pool.release(block);
    assertThrows(IllegalStateException.class, () -> pool.release(block));
    assertThrows(IllegalStateException.class, () -> pool.share(block));
    assertTrue(pool.allocate() != pool.allocate());
    assertThrows(IllegalStateException.class, pool::allocate);
  }
}
