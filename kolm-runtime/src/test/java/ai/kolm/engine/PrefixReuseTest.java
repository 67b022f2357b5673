package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.SchedulerWorld.Job;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What sequences of a scheduler take over from each other, in blocks of 16 tokens. */
final class PrefixReuseTest {
  private final SchedulerWorld world = world(100, true);

  private static SchedulerWorld world(int blocks, boolean keeps) {
    return new SchedulerWorld(new EngineLimits(512, 8, 100, 100), 16, blocks, 8, keeps);
  }

  /** A prompt of {@code common} tokens that all have, and then some of its own. */
  private static Job job(int common, int name, int own, int target) {
    int[] prompt =
        IntStream.concat(IntStream.of(Job.tokens(1, common)), IntStream.of(Job.tokens(name, own)))
            .toArray();
    return new Job(prompt, 1, target, prompt.length - 1, CacheScope.COMMON);
  }

  @Test
  void aSystemPromptIsComputedOnce() {
    world.add(job(40, 2, 30, 75));
    world.finish();
    Job next = job(40, 3, 30, 75);
    world.add(next);
    assertEquals(30, world.step().tokens());
    assertEquals(40, next.reused);
    world.finish();
  }

  @Test
  void theNextTurnGoesOnWhereTheLastEnded() {
    Job first = job(40, 2, 10, 80);
    world.add(first);
    world.finish();
    int[] turn =
        IntStream.concat(
                IntStream.of(first.sequence().tokens(0, 80)), IntStream.of(Job.tokens(5, 9)))
            .toArray();
    Job next = new Job(turn, 1, 95, turn.length - 1, CacheScope.COMMON);
    world.add(next);
    world.finish();
    assertEquals(64, next.reused, "the full blocks of the 79 tokens computed");
  }

  @Test
  void requestsThatComeTogetherWaitForTheOneThatComputesTheirPrompt() {
    world.add(job(150, 2, 67, 220), job(150, 3, 67, 220), job(150, 4, 67, 220));
    int prompts = 0;
    for (int i = 0; i < 30; i++) {
      prompts +=
          world.step().pieces().stream()
              .filter(piece -> !SchedulerWorld.isDecoding(piece))
              .mapToInt(Step.Piece::tokens)
              .sum();
    }
    // The first to come has both beside it in the end, as has the copy of the part of a block.
    assertTrue(prompts <= 150 + 3 * 67 + 4, prompts + " tokens");
    world.finish();
  }

  @Test
  void nobodyWaitsForAFewTokens() {
    world.add(job(5, 2, 60, 70), job(5, 3, 60, 70));
    assertEquals(2, world.step().pieces().size());
    world.finish();
  }

  @Test
  void nobodyWaitsForOneThatIsStalled() {
    Job first = job(600, 2, 10, 620);
    world.add(first);
    assertEquals(512, world.step().tokens());
    first.stalled = true;
    Job second = job(600, 3, 10, 620);
    world.add(second);
    assertEquals(610 - 512, world.step().tokens());
    assertEquals(512, second.reused);
    first.stalled = false;
    world.finish();
  }

  @Test
  void tenantsComputeForThemselves() {
    int[] prompt = Job.tokens(1, 40);
    world.add(new Job(prompt, 1, 50, 39, CacheScope.of("a")));
    world.finish();
    Job other = new Job(prompt, 1, 50, 39, CacheScope.of("b"));
    Job same = new Job(prompt, 1, 50, 39, CacheScope.of("a"));
    world.add(other);
    world.finish();
    world.add(same);
    world.finish();
    assertEquals(0, other.reused);
    assertEquals(39, same.reused);
  }

  @Test
  void whoWantsEveryRowComputesEveryRowAndOthersUseIt() {
    int[] prompt = Job.tokens(1, 40);
    SchedulerWorld scoring =
        new SchedulerWorld(new EngineLimits(512, 8, 100, 100), 16, 100, 100, true);
    Job first = new Job(prompt, 1, 41, 0, CacheScope.COMMON);
    scoring.add(first);
    assertEquals(40, scoring.step().pieces().getFirst().rows());
    Job second = new Job(prompt, 1, 41, 0, CacheScope.COMMON);
    Job third = new Job(prompt, 1, 41, 39, CacheScope.COMMON);
    Job fourth = new Job(prompt, 1, 41, 20, CacheScope.COMMON);
    scoring.add(second, third, fourth);
    scoring.finish();
    assertEquals(0, second.reused);
    assertTrue(third.reused >= 32, "" + third.reused);
    assertEquals(20, fourth.reused);
  }

  @Test
  void aFailedRequestLeavesNothing() {
    Job failing = job(40, 2, 10, 60);
    world.add(failing);
    world.step();
    world.fail(failing.sequence());
    Job next = job(40, 2, 10, 60);
    world.add(next);
    world.finish();
    assertEquals(0, next.reused);
  }

  @Test
  void aPreemptedSequenceFindsWhatNobodyNeeded() {
    SchedulerWorld small = world(6, true);
    small.add(Job.of(1, 33, 1, 70), Job.of(2, 20, 1, 60));
    small.finish();
    assertEquals(1, small.scheduler.preemptions());
    assertEquals(16, small.scheduler.cachedTokens());
  }

  @Test
  void withoutACacheOnlySequencesOfTheSameScopeThatRunShare() {
    SchedulerWorld off = world(100, false);
    Job first = job(40, 2, 10, 60);
    off.add(first);
    off.finish();
    Job next = job(40, 2, 10, 60);
    off.add(next);
    off.finish();
    assertEquals(0, next.reused);
    assertEquals(0, off.cache.idle() + off.cache.scopes());
  }
}
