package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The exponential over arrays is that of {@link Elementary}. */
class ExponentialsTest {

  @Test
  void equalsTheExponentialOfOneNumber() {
    Random random = new Random(1);
    float[] x = new float[10_000];
    float[] y = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 100 - 99;
    }
    x[0] = Float.NEGATIVE_INFINITY;
    x[1] = Elementary.EXP_MIN;
    x[2] = 0;
    x[3] = -1e-30f;
    System.arraycopy(x, 0, y, 0, x.length);
    new Exponentials(x.length).apply(y, x.length);
    assertEquals(0, y[0]);
    assertEquals(0, y[1]);
    assertEquals(1, y[2]);
    for (int i = 0; i < x.length; i++) {
      float expected = Elementary.exp(x[i]);
      float tolerance = expected < 1e-30f ? 1.2e-38f + Math.ulp(expected) : Float.MIN_VALUE;
      assertEquals(expected, y[i], tolerance, "exp of " + x[i]);
    }
  }
}
