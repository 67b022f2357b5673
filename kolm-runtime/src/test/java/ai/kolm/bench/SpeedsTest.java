package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SpeedsTest {
  private static final BenchTest TEST = BenchTest.of("tg8");

  @Test
  void theMedianIsInTheMiddle() {
    assertEquals(2, new Speeds(TEST, new double[] {9, 1, 2}).median());
    assertEquals(5, new Speeds(TEST, new double[] {9, 1, 2, 8}).median());
    assertEquals(7, new Speeds(TEST, new double[] {7}).median());
  }

  @Test
  void rangeDoesNotDependOnTheOrder() {
    Speeds speeds = new Speeds(TEST, new double[] {3, 9, 1});
    assertEquals(1, speeds.min());
    assertEquals(9, speeds.max());
  }

  @Test
  void whatIsNoSpeedIsRefused() {
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Speeds(TEST, new double[] {1, wrong}));
    }
    assertThrows(IllegalArgumentException.class, () -> new Speeds(TEST, new double[0]));
  }
}
