package ai.kolm.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.distill.BaseLadder.Choice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The choice of a base, with planted measurements. */
class BaseLadderTest {
  private static final List<String> BASES = List.of("small", "middle", "large");

  private final List<String> asked = new ArrayList<>();

  /** Bounds by base: of the probe, of the full training; what is missing does not fit. */
  private Choice climb(List<String> bases, Map<String, double[]> bounds) throws Exception {
    BaseLadder ladder =
        new BaseLadder(
            0.9,
            (base, phase) -> {
              asked.add(base + " " + phase.id());
              double[] planted = bounds.getOrDefault(base, new double[0]);
              int index = phase == Trial.Phase.PROBE ? 0 : 1;
              if (planted.length <= index) {
                return Optional.empty();
              }
              double bound = planted[index];
              return Optional.of(new Trial(base, phase, bound + 0.02, bound, 1, 1));
            });
    return ladder.climb(bases);
  }

  @Test
  void anEasyTaskTakesTheSmallest() throws Exception {
    Choice choice = climb(BASES, Map.of("small", new double[] {0.92, 0.95}));
    assertEquals("small", choice.best().base());
    assertEquals(Trial.Phase.FULL, choice.best().phase());
    assertTrue(choice.reached());
    assertEquals(List.of("small probe", "small full"), asked);
  }

  @Test
  void aHarderTaskClimbs() throws Exception {
    Choice choice =
        climb(BASES, Map.of("small", new double[] {0.5}, "middle", new double[] {0.9, 0.9}));
    assertEquals("middle", choice.best().base());
    assertTrue(choice.reached());
    assertEquals(List.of("small probe", "middle probe", "middle full"), asked);
  }

  @Test
  void whoDisappointsWhenTrainedFullyIsLeftBehind() throws Exception {
    Choice choice =
        climb(
            BASES,
            Map.of(
                "small", new double[] {0.91, 0.89},
                "middle", new double[] {0.7, 0.7},
                "large", new double[] {0.95, 0.97}));
    assertEquals("large", choice.best().base());
    assertEquals(5, choice.all().size());
  }

  @Test
  void ifNoneReachesTheTargetTheBestIsTrainedFully() throws Exception {
    Choice choice =
        climb(
            BASES,
            Map.of(
                "small", new double[] {0.4, 0.6},
                "middle", new double[] {0.8, 0.85},
                "large", new double[] {0.8, 0.9}));
    assertEquals("middle", choice.best().base(), "of equals the smaller");
    assertFalse(choice.reached());
    assertEquals("middle full", asked.getLast());
  }

  @Test
  void aBaseThatDoesNotFitEndsTheLadder() throws Exception {
    Choice choice = climb(BASES, Map.of("small", new double[] {0.4, 0.45}));
    assertEquals("small", choice.best().base());
    assertEquals(List.of("small probe", "middle probe", "small full"), asked);
    DistillException e = assertThrows(DistillException.class, () -> climb(BASES, Map.of()));
    assertEquals(DistillException.Reason.PREREQUISITE, e.reason());
  }

  @Test
  void aSingleBaseIsNotProbed() throws Exception {
    Choice choice = climb(List.of("small"), Map.of("small", new double[] {0.1, 0.2}));
    assertFalse(choice.reached());
    assertEquals(List.of("small full"), asked);
  }
}
