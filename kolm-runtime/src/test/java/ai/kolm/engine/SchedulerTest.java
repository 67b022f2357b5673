package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.SchedulerWorld.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SchedulerTest {

  @Test
  void whateverHappensEverySequenceEndsAndEveryBlockIsFree() {
    long hits = 0;
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      int blockSize = 1 + random.nextInt(5);
      int context = 20;
      int blocks = Math.ceilDiv(context, blockSize) + random.nextInt(20);
      EngineLimits limits =
          new EngineLimits(1 + random.nextInt(12), 1 + random.nextInt(6), 100, 100);
      SchedulerWorld world =
          new SchedulerWorld(
              limits, blockSize, blocks, 1 + random.nextInt(6), random.nextInt(4) > 0);
      List<Job> jobs = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        disturb(world, jobs, random, context);
        world.step();
      }
      jobs.forEach(job -> job.stalled = false);
      world.finish();
      assertEquals(blocks, world.cache.available());
      hits += world.scheduler.prefixHits();
    }
    assertTrue(hits > 5_000, hits + " hits: too few to mean anything");
  }

  private static void disturb(SchedulerWorld world, List<Job> jobs, Random random, int context) {
    if (random.nextInt(4) == 0 && world.live.size() < 20) {
      int length = 1 + random.nextInt(context - 1);
      int own = random.nextInt(length + 1);
      int[] prompt = IntStream.range(0, length).map(i -> i < own ? i : random.nextInt(3)).toArray();
      int target = length + 1 + random.nextInt(context - length);
      int firstRow = random.nextInt(4) == 0 ? random.nextInt(length) : length - 1;
      CacheScope scope = CacheScope.of("tenant " + random.nextInt(2));
      Job job = new Job(prompt, 1 + random.nextInt(3), target, firstRow, scope);
      jobs.add(job);
      world.add(job);
    }
    if (!jobs.isEmpty() && random.nextInt(3) == 0) {
      Job job = jobs.get(random.nextInt(jobs.size()));
      job.stalled = !job.stalled;
    }
    if (!world.live.isEmpty() && random.nextInt(15) == 0) {
      Sequence any = List.copyOf(world.live).get(random.nextInt(world.live.size()));
      if (random.nextBoolean()) {
        world.remove(any);
      } else {
        world.fail(any);
      }
    }
  }

  @Test
  void aPromptIsComputedOnceForAllItsSequences() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(1000, 8, 100, 100), 16, 100, 8);
    Job job = Job.of(1, 100, 4, 110);
    world.add(job);
    int tokens = world.step().tokens();
    assertEquals(100, tokens);
    int used = 0;
    while (!world.live.isEmpty()) {
      tokens += world.step().tokens();
      used = Math.max(used, world.cache.size() - world.cache.available());
    }
    // The others copy 99 tokens, and compute the last one for the sake of its logits. The last
    // token that is generated is never computed.
    assertEquals(100 + 3 + 4 * 9, tokens);
    assertEquals(6 + 4, used);
    assertEquals(0, job.reused);
    assertEquals(3 * 99, world.scheduler.cachedTokens());
  }

  @Test
  void aPromptOfLessThanABlockToo() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(1000, 8, 100, 100), 16, 100, 8);
    world.add(Job.of(1, 11, 3, 20));
    assertEquals(11, world.step().tokens());
    world.finish();
    assertEquals(2 * 10, world.scheduler.cachedTokens());
  }

  @Test
  void theYoungestGivesWayAndNothingIsComputedTwiceWithoutNeed() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(64, 8, 100, 100), 4, 8, 8);
    Job old = Job.of(1, 8, 1, 32);
    Job young = Job.of(2, 4, 1, 16);
    world.add(old, young);
    while (!world.live.isEmpty()) {
      Step step = world.step();
      if (world.live.contains(old.sequence())) {
        assertTrue(step.pieces().stream().anyMatch(p -> p.sequence() == old.sequence()));
      }
    }
    assertEquals(1, world.scheduler.preemptions());
  }

  @Test
  void aStalledSequenceKeepsItsBlocksUntilAnotherNeedsThem() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(64, 1, 100, 100), 4, 8, 8);
    Job stalled = Job.of(1, 16, 1, 32);
    world.add(stalled);
    world.step();
    stalled.stalled = true;
    Job small = Job.of(2, 4, 1, 6);
    world.add(small);
    while (world.live.contains(small.sequence())) {
      assertEquals(1, world.step().pieces().size());
    }
    assertEquals(16, stalled.sequence().computed());
    Job large = Job.of(3, 28, 1, 30);
    world.add(large);
    while (world.live.contains(large.sequence())) {
      assertEquals(1, world.step().pieces().size());
    }
    assertEquals(0, stalled.sequence().computed());
    assertTrue(world.step().pieces().isEmpty());
    stalled.stalled = false;
    assertEquals(17, world.step().tokens());
  }

  @Test
  void poolsRefuseWhatWouldCorruptThem() {
    BlockPool pool = new BlockPool(2);
    int block = pool.allocate();
    pool.release(block);
    assertThrows(IllegalStateException.class, () -> pool.release(block));
    assertTrue(pool.allocate() != pool.allocate());
    assertThrows(IllegalStateException.class, pool::allocate);
  }
}
