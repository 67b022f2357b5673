package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Layers of encoders: what they compute, and that all kernel sets give the same bits. */
final class EncoderRowsTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final Kernels SCALAR = new ScalarKernels(POOL);
  private static final List<Kernels> FAST = fast();

  private static final double ROOT_HALF = Math.sqrt(0.5);

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

  private static List<Kernels> fast() {
    List<Kernels> sets = new ArrayList<>(List.of(new VectorKernels(POOL, ARENA)));
    if (KernelSelection.emittedObstacle().isEmpty()) {
      sets.add(KernelSelection.forced(KernelSelection.Set.EMITTED).create(POOL, ARENA));
    }
    return sets;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  @Test
  void geluIsTheExactOne() {
    // 40 columns: a panel and a part of one; 11 rows: more than one task.
    Panels x = Panels.allocate(ARENA, GELU.length, 40);
    for (int r = 0; r < GELU.length; r++) {
      for (int c = 0; c < 40; c++) {
        x.set(r, c, (float) GELU[r][0]);
      }
    }
    SCALAR.gelu(x);
    for (int r = 0; r < GELU.length; r++) {
      for (int c = 0; c < 40; c++) {
        assertEquals(GELU[r][1], x.get(r, c), 1.2e-7 * Math.max(1, Math.abs(GELU[r][0])));
      }
      assertEquals(0, x.get(r, 63), "padding");
    }
  }

  /**
   * Half of |x| times what erf and its argument may be off by, and half a unit in the last place.
   */
  @Test
  void geluIsWithinItsBoundEverywhere() {
    int rows = 2000;
    Panels x = Panels.allocate(ARENA, rows, 32);
    for (int i = 0; i < rows * 32; i++) {
      x.set(i / 32, i % 32, -5.6f + 11.2f * i / (rows * 32));
    }
    SCALAR.gelu(x);
    for (int i = 0; i < rows * 32; i++) {
      float at = -5.6f + 11.2f * i / (rows * 32);
      double expected = at / 2 * (1 + erf(at * ROOT_HALF));
      double bound = 0.5 * Math.abs(at) * 2.5e-7 + 0.5 * Math.ulp((float) expected);
      assertEquals(expected, x.get(i / 32, i % 32), bound, "gelu " + at);
    }
  }

  /** Its series, whose terms alternate: good to 1e-8 up to 4. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 120; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  @Test
  void normsHaveMeanZeroAndVarianceOne() {
    int width = 70;
    Panels x = Panels.allocate(ARENA, 9, width);
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
    LayerNorm norm =
        new LayerNorm(ParameterVector.of(ARENA, weight), ParameterVector.of(ARENA, bias), 1e-12f);
    SCALAR.layerNorm(x, norm);
    for (int r = 0; r < 9; r++) {
      double sum = 0;
      double squares = 0;
      for (int c = 0; c < width; c++) {
        double value = (x.get(r, c) - 3) / 2;
        sum += value;
        squares += value * value;
      }
      assertEquals(0, sum / width, 1e-6);
      assertEquals(1, squares / width, 1e-5);
    }
  }

  @Test
  void normsAreTheSameInAllKernels() {
    for (int width : new int[] {2, 31, 32, 70, 384}) {
      for (int rows : new int[] {1, 9, 20}) {
        LayerNorm norm = new LayerNorm(vector(width, 1), vector(width, 2), 1e-5f);
        Panels y = RandomTensors.activations(ARENA, rows, width, 3);
        Panels plain = RandomTensors.activations(ARENA, rows, width, 4);
        Panels sum = RandomTensors.activations(ARENA, rows, width, 4);
        SCALAR.layerNorm(plain, norm);
        SCALAR.addLayerNorm(sum, y, norm);
        for (Kernels kernels : FAST) {
          String what = "%s: norm of %d x %d".formatted(kernels.name(), rows, width);
          Panels x = RandomTensors.activations(ARENA, rows, width, 4);
          kernels.layerNorm(x, norm);
          assertSame(plain, x, what);
          x = RandomTensors.activations(ARENA, rows, width, 4);
          kernels.addLayerNorm(x, y, norm);
          assertSame(sum, x, what + " of a sum");
        }
      }
    }
  }

  /** Also with more rows than one task has, and parts of a chunk of columns. */
  @Test
  void layersAreTheSameInAllKernels() {
    int[][] shapes = {{1, 40, 33}, {13, 130, 70}, {26, 384, 64}, {200, 1536, 40}};
    for (int[] shape : shapes) {
      Panels x = RandomTensors.activations(ARENA, shape[0], shape[1], 5);
      Tensor tensor = RandomTensors.matrix(TensorType.F32, shape[2], shape[1], 6);
      ParameterVector bias = vector(shape[2], 7);
      Panels expected = layer(SCALAR, x, tensor, bias, false);
      Panels expectedGelu = layer(SCALAR, x, tensor, bias, true);
      for (Kernels kernels : FAST) {
        String what = "%s: %s x %d".formatted(kernels.name(), tensor, shape[0]);
        assertSame(expected, layer(kernels, x, tensor, bias, false), what);
        assertSame(expectedGelu, layer(kernels, x, tensor, bias, true), what + " with GELU");
      }
    }
  }

  private static Panels layer(
      Kernels kernels, Panels x, Tensor tensor, ParameterVector bias, boolean gelu) {
    Panels y = Panels.allocate(ARENA, x.rows(), bias.width());
    Affine w = new Affine(kernels.prepare(tensor, ARENA), bias);
    if (gelu) {
      kernels.affineGelu(x, w, y);
    } else {
      kernels.affine(x, new Affine[] {w}, new Panels[] {y});
    }
    return y;
  }

  @Test
  void geluIsTheSameInAllKernels() {
    for (int rows : new int[] {1, 9, 20}) {
      Panels expected = RandomTensors.activations(ARENA, rows, 70, 8);
      SCALAR.gelu(expected);
      for (Kernels kernels : FAST) {
        Panels x = RandomTensors.activations(ARENA, rows, 70, 8);
        kernels.gelu(x);
        assertSame(expected, x, kernels.name());
      }
    }
  }

  private static ParameterVector vector(int width, int seed) {
    float[] numbers = new float[width];
    RandomTensors.activations(ARENA, 1, width, seed).copyRow(0, numbers);
    return ParameterVector.of(ARENA, numbers);
  }

  private static void assertSame(Panels expected, Panels actual, String what) {
    for (int row = 0; row < expected.rows(); row++) {
      for (int c = 0; c < Panels.roundUp(expected.width()); c++) {
        float e = expected.get(row, c);
        float a = actual.get(row, c);
        if (Float.floatToIntBits(e) != Float.floatToIntBits(a)) {
          assertEquals(e, a, 0, "%s at (%d, %d)".formatted(what, row, c));
        }
      }
    }
  }
}
