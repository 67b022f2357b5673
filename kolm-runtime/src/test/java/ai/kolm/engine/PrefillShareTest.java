package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.SchedulerWorld.Job;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Costs are in units of a token's; no clock is involved. */
final class PrefillShareTest {
  private static final int BATCH = 512;

  /** What a step costs in which so many sequences decode beside so many tokens of prompts. */
  private interface Cost {
    double of(int decoding, int prefill);
  }

  /** The longest step beside which {@code decoding} waited, in steps without a prompt. */
  private static double gap(PrefillShare share, Cost cost, int decoding, int steps) {
    double gap = 0;
    for (int i = 0; i < steps; i++) {
      int prefill = Math.min(share.tokens(decoding), BATCH - decoding);
      double step = cost.of(decoding, prefill);
      share.observe(decoding, prefill, step);
      gap = Math.max(gap, step / cost.of(decoding, 0));
    }
    return gap;
  }

  private static void decode(PrefillShare share, Cost cost, int decoding, int steps) {
    for (int i = 0; i < steps; i++) {
      share.observe(decoding, 0, cost.of(decoding, 0));
    }
  }

  /** From the first step on, whatever reading the weights costs beside computing. */
  @Test
  void noStepIsLongerThanThreeStepsOfDecoding() {
    for (int weights : new int[] {0, 1, 3, 8, 20, 60}) {
      Cost cost = (rows, prefill) -> weights + rows + prefill;
      for (int decoding = 1; decoding <= 31; decoding++) {
        PrefillShare share = new PrefillShare();
        decode(share, cost, decoding, 1);
        assertTrue(gap(share, cost, decoding, 200) <= 3);
        assertEquals(2 * (weights + decoding), share.tokens(decoding), 1, "and none is wasted");
      }
    }
  }

  @Test
  void costsThatAreNoLineAreLearned() {
    List<Cost> costs =
        List.of(
            (rows, prefill) -> 1e6 * (11 + 0.2 * rows + prefill),
            // Up to 16 rows the weights are read once, and computing costs nothing.
            (rows, prefill) -> Math.max(10, 0.5 * (rows + prefill)),
            (rows, prefill) -> 5 + rows + prefill + 0.01 * prefill * prefill);
    for (Cost cost : costs) {
      for (int decoding : new int[] {1, 3, 12}) {
        PrefillShare share = new PrefillShare();
        decode(share, cost, decoding, 16);
        gap(share, cost, decoding, 40);
        double gap = gap(share, cost, decoding, 100);
        assertTrue(gap <= 3.1, "gap " + gap + " with " + decoding);
        assertTrue(gap >= 2, "too careful: " + gap + " with " + decoding);
      }
    }
  }

  @Test
  void theShareFollowsTheSequences() {
    Cost cost = (rows, prefill) -> 10 + rows + prefill;
    PrefillShare share = new PrefillShare();
    Random random = new Random(1);
    double gap = 0;
    for (int i = 0; i < 300; i++) {
      int decoding = 1 + random.nextInt(30);
      if (random.nextBoolean()) {
        decode(share, cost, decoding, 3);
      }
      gap(share, cost, decoding, 3);
      gap = i < 20 ? 0 : Math.max(gap, gap(share, cost, decoding, 1));
    }
    assertTrue(gap <= 3.2, "gap " + gap);
  }

  /** Kernels that compute one row after the other, and many at a time better. */
  @Test
  void decodingIsNotTakenForThePartOfALineThatItIsNot() {
    Cost cost = (rows, prefill) -> 10 * rows + prefill;
    PrefillShare share = new PrefillShare();
    for (int decoding : new int[] {1, 16}) {
      decode(share, cost, decoding, 16);
    }
    assertTrue(gap(share, cost, 16, 100) <= 3.1);
    assertTrue(gap(share, cost, 1, 100) <= 3.1);
  }

  @Test
  void aPauseIsForgotten() {
    Cost cost = (rows, prefill) -> 10 + rows + prefill;
    PrefillShare share = new PrefillShare();
    decode(share, cost, 2, 16);
    gap(share, cost, 2, 50);
    int before = share.tokens(2);
    share.observe(2, share.tokens(2), 1000 * cost.of(2, 24));
    assertTrue(share.tokens(2) < before);
    assertTrue(gap(share, cost, 2, 60) <= 3.1);
    assertEquals(before, share.tokens(2), 2);
    share.observe(2, 0, 1000 * cost.of(2, 0));
    assertTrue(share.tokens(2) <= 1.3 * before);
  }

  @Test
  void runningSequencesGetATokenInEveryStepAndNoStepIsLong() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(BATCH, 8, 100, 100), 16, 1000, 8);
    Job running = Job.of(1, 3, 2, 400);
    world.add(running);
    world.step();
    world.step();
    Job first = Job.of(2, 3000, 1, 3100);
    Job second = Job.of(3, 900, 2, 950);
    world.add(first, second);
    int steps = 0;
    while (second.sequence().computed() < 900) {
      Step step = world.step();
      for (Sequence sequence : running.sequences) {
        assertTrue(step.pieces().stream().anyMatch(piece -> piece.sequence() == sequence));
      }
      assertTrue(world.cost(step) <= 3 * world.cost.of(step.decoding(), 0), world.cost(step) + "");
      steps++;
    }
    assertTrue(steps < 1.2 * 3900 / (2 * (8 + 2)), steps + " steps");
    world.finish();
  }

  @Test
  void withoutRunningSequencesAPromptHasTheWholeStep() {
    SchedulerWorld world = new SchedulerWorld(new EngineLimits(BATCH, 8, 100, 100), 16, 1000, 8);
    world.add(Job.of(1, 2000, 1, 2002));
    assertEquals(BATCH, world.step().tokens());
    assertEquals(BATCH, world.step().tokens());
    world.finish();
  }
}
