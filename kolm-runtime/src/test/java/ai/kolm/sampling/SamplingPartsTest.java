package ai.kolm.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SamplingPartsTest {

  /** The known-answer vectors that Random123 publishes for philox4x32-10: the first two words. */
  @Test
  void philoxGivesThePublishedWords() {
    assertEquals(0xe169c58d_6627e8d5L, CounterRandom.bits(0, 0, 0));
    assertEquals(0x41c83b0e_408f276dL, CounterRandom.bits(-1, -1, -1));
    assertEquals(
        0x94fdcceb_d16cfe09L,
        CounterRandom.bits(0x85a308d3_243f6a88L, 0x03707344_13198a2eL, 0x299f31d0_a4093822L));
  }

  @Test
  void expIsExactToAFewUnitsInTheLastPlace() {
    Random random = new Random(2);
    for (int i = 0; i < 100_000; i++) {
      double x = -Math.pow(10, random.nextDouble(-12, 2.8));
      double exact = StrictMath.exp(x);
      assertTrue(Math.abs(Exp.of(x) - exact) <= 8e-16 * exact * (1 - x), "at " + x);
    }
    assertEquals(1, Exp.of(0));
    assertEquals(0, Exp.of(-701));
    assertEquals(0, Exp.of(Double.NEGATIVE_INFINITY));
  }

  @Test
  void rankingReachesWhatSortingReaches() {
    Random random = new Random(3);
    for (int round = 0; round < 500; round++) {
      int size = 1 + random.nextInt(300);
      float[] scores = new float[size];
      double[] weights = new double[size];
      for (int i = 0; i < size; i++) {
        scores[i] = random.nextInt(20) - 10;
        weights[i] = 1 + random.nextInt(5);
      }
      Ranking ranking = new Ranking(size);
      for (int i = 0; i < size; i++) {
        ranking.add(scores[i], i);
      }
      double mass = random.nextInt(4 * size) - 2;
      int[] sorted = sorted(scores);
      int last = 0;
      double sum = weights[sorted[0]];
      while (sum < mass && last + 1 < size) {
        sum += weights[sorted[++last]];
      }
      long key = ranking.reach(weights, mass);
      assertEquals(sorted[last], Ranking.index(key));
      assertEquals(scores[sorted[last]], Ranking.score(key));
    }
  }

  private static int[] sorted(float[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]).thenComparing(i -> i))
        .mapToInt(i -> i)
        .toArray();
  }

  @Test
  void scoresAreTheLogSoftmaxOfTheRow() {
    Random random = new Random(4);
    for (int size : new int[] {1, 5, 20, 21, 500}) {
      float[] row = new float[size];
      double sum = 0;
      for (int id = 0; id < size; id++) {
        row[id] = (float) Math.rint(5 * random.nextGaussian());
        sum += Math.exp(row[id]);
      }
      TokenScores scores = TokenScores.of(row, size / 2, 20);
      assertEquals(row[size / 2] - Math.log(sum), scores.logprob(), 1e-12);
      int[] top = Arrays.copyOf(sorted(row), Math.min(20, size));
      assertArrayEquals(top, scores.topIds());
      for (int i = 0; i < top.length; i++) {
        assertEquals(row[top[i]] - Math.log(sum), scores.topLogprobs()[i], 1e-12);
      }
    }
  }
}
