package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The rule, on times that are made up. */
class WarmUpTest {
  /** How many rounds it takes when round i, from 0, lasts {@code seconds(i)}. */
  private static int rounds(IntToDoubleFunction seconds) {
    WarmUp warmUp = new WarmUp();
    int round = 0;
    while (!warmUp.done(seconds.applyAsDouble(round))) {
      round++;
    }
    return round + 1;
  }

  @Test
  void evenRoundsEndAfterTheLeastTime() {
    assertEquals(24, rounds(_ -> 0.125));
    assertEquals(4, rounds(_ -> 2));
  }

  @Test
  void aPlateauOfTwoRoundsDoesNotEndIt() {
    double[] seconds = {3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1};
    assertEquals(10, rounds(i -> seconds[i]));
  }

  @Test
  void slowRoundsEndAfterTheMostTime() {
    assertEquals(1, rounds(_ -> 60));
    assertEquals(7, rounds(i -> 4 * Math.pow(0.9, i)));
  }
}
