package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EncoderRowsTest {
  /** x and gelu(x), computed with 30 digits. */
  private static final double[][] GELU = {
    {-6, -5.91952706e-9},
    {-3, -0.00404969409},
    {-1, -0.158655254},
    {-0.1, -0.0460172163},
    {0, 0},
    {1e-3, 5.00398942e-4},
    {0.5, 0.345731231},
    {1, 0.841344746},
    {2, 1.95449974},
    {4, 3.99987332},
    {8, 8}
  };

  @Test
  void geluIsTheExactOne() {
    try (Arena arena = Arena.ofConfined();
        WorkerPool pool = new WorkerPool(1)) {
      // 40 columns: a panel and a part of one; 11 rows: more than one task.
      Panels x = Panels.allocate(arena, GELU.length, 40);
      for (int r = 0; r < GELU.length; r++) {
        for (int c = 0; c < 40; c++) {
          x.set(r, c, (float) GELU[r][0]);
        }
      }
      new ScalarKernels(pool).gelu(x);
      for (int r = 0; r < GELU.length; r++) {
        for (int c = 0; c < 40; c++) {
          assertEquals(GELU[r][1], x.get(r, c), 1.2e-7 * Math.max(1, Math.abs(GELU[r][0])));
        }
        assertEquals(0, x.get(r, 63), "padding");
      }
    }
  }

  @Test
  void normsHaveMeanZeroAndVarianceOne() {
    try (Arena arena = Arena.ofConfined();
        WorkerPool pool = new WorkerPool(1)) {
      int width = 70;
      Panels x = Panels.allocate(arena, 9, width);
      Random random = new Random(1);
      float[] weight = new float[width];
      float[] bias = new float[width];
      for (int c = 0; c < width; c++) {
        weight[c] = 2;
        bias[c] = 3;
        for (int r = 0; r < 9; r++) {
          x.set(r, c, (float) (100 + random.nextGaussian()));
        }
      }
      new ScalarKernels(pool).layerNorm(x, weight, bias, 1e-12f);
      for (int r = 0; r < 9; r++) {
        double sum = 0;
        double squares = 0;
        for (int c = 0; c < width; c++) {
          double value = (x.get(r, c) - 3) / 2;
          sum += value;
          squares += value * value;
        }
        assertEquals(0, sum / width, 1e-5);
        assertEquals(1, squares / width, 1e-4);
      }
    }
  }
}
