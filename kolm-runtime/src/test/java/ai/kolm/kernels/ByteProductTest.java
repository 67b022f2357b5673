package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Simulator;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers of encoders whose weights and activations are rounded to bytes. */
final class ByteProductTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final Kernels SCALAR = new ScalarKernels(POOL);
  private static final List<Kernels> SETS = sets();

  private static final int COLUMNS = 3 * ByteMatrix.SPAN;
  private static final int OUTPUTS = 70;
  private static final int[] ROWS = {1, 7, 12, 13, 61};

  /** A simulated processor, and this one, with one thread and with two, if it multiplies bytes. */
  private static List<Kernels> sets() {
    CpuFeatures vnni = new CpuFeatures(true, true, true, false);
    List<Kernels> sets = new ArrayList<>();
    sets.add(new EmittedKernels(new WorkerPool(1), ARENA, vnni, new Simulator(), false));
    if (KernelSelection.emittedObstacle().isEmpty()) {
      KernelSelection here = KernelSelection.forced(KernelSelection.Set.EMITTED);
      if (here.create(POOL, ARENA).name().endsWith("vnni")) {
        sets.add(here.create(new WorkerPool(1), ARENA));
        sets.add(here.create(POOL, ARENA));
      }
    }
    return sets;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  private static Affine affine(Kernels kernels, Tensor tensor, ParameterVector bias) {
    return new Affine(kernels.prepareBytes(tensor, ARENA), bias);
  }

  private static ParameterVector vector(int width, int seed) {
    float[] numbers = new float[width];
    RandomTensors.activations(ARENA, 1, width, seed).copyRow(0, numbers);
    return ParameterVector.of(ARENA, numbers);
  }

  /** The definition, element by element. */
  private static Panels expected(Tensor tensor, ParameterVector bias, Panels x) {
    int outputs = (int) tensor.shape().rows();
    Panels y = Panels.allocate(ARENA, x.rows(), outputs);
    float[] w = new float[x.width()];
    float[] row = new float[x.width()];
    for (int o = 0; o < outputs; o++) {
      ScalarKernels.decodeRow(tensor, o, w);
      for (int r = 0; r < x.rows(); r++) {
        x.copyRow(r, row);
        float sum = bias.toArray()[o];
        for (int c = 0; c < w.length; c += ByteMatrix.SPAN) {
          sum = addSpan(w, row, c, sum);
        }
        y.set(r, o, sum);
      }
    }
    return y;
  }

  private static float addSpan(float[] w, float[] x, int from, float sum) {
    float scale = largest(w, from) / 127;
    float least = 0;
    float most = 0;
    for (int c = from; c < from + ByteMatrix.SPAN; c++) {
      least = Math.min(least, x[c]);
      most = Math.max(most, x[c]);
    }
    float inverse = 255 / Math.max(most - least, 1e-30f);
    int zero = (int) Math.rint(-least * inverse);
    int products = 0;
    for (int c = from; c < from + ByteMatrix.SPAN; c++) {
      int weight = scale == 0 ? 0 : Math.round(w[c] / scale);
      int activation = (int) Math.rint(Math.fma(x[c], inverse, zero - 128)) + 128;
      products += weight * (Math.clamp(activation, 0, 255) - zero);
    }
    return Math.fma(products, (most - least) * (1f / 255) * scale, sum);
  }

  private static float largest(float[] numbers, int from) {
    float largest = 0;
    for (int c = from; c < from + ByteMatrix.SPAN; c++) {
      largest = Math.max(largest, Math.abs(numbers[c]));
    }
    return largest;
  }

  private static void assertSame(Panels expected, Panels actual, String what) {
    assertEquals(expected.rows(), actual.rows(), what);
    for (int r = 0; r < expected.rows(); r++) {
      for (int c = 0; c < expected.width(); c++) {
        int row = r;
        int column = c;
        assertEquals(
            expected.get(r, c), actual.get(r, c), 0, () -> what + " at " + row + ", " + column);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void productsAreThoseOfTheDefinition(TensorType type) {
    Tensor first = RandomTensors.matrix(type, OUTPUTS, COLUMNS, 5);
    Tensor second = RandomTensors.matrix(type, 33, COLUMNS, 6);
    ParameterVector firstBias = vector(OUTPUTS, 7);
    ParameterVector secondBias = vector(33, 8);
    for (int rows : ROWS) {
      Panels x = RandomTensors.activations(ARENA, rows, COLUMNS, rows);
      Panels expectedFirst = expected(first, firstBias, x);
      Panels expectedSecond = expected(second, secondBias, x);
      for (Kernels kernels : SETS) {
        Affine[] w = {affine(kernels, first, firstBias), affine(kernels, second, secondBias)};
        Panels[] y = {Panels.allocate(ARENA, 61, OUTPUTS), Panels.allocate(ARENA, 61, 33)};
        kernels.affine(x, w, y);
        String what = "%s: %s x %d".formatted(kernels.name(), type, rows);
        assertSame(expectedFirst, y[0], what);
        assertSame(expectedSecond, y[1], what + ", second matrix");
      }
    }
  }

  @Test
  void layersAreThoseOfTheDefinition() {
    Tensor up = RandomTensors.matrix(TensorType.F32, 2 * COLUMNS, COLUMNS, 1);
    Tensor down = RandomTensors.matrix(TensorType.F32, COLUMNS, 2 * COLUMNS, 2);
    ParameterVector upBias = vector(2 * COLUMNS, 3);
    ParameterVector downBias = vector(COLUMNS, 4);
    LayerNorm norm = new LayerNorm(vector(COLUMNS, 5), vector(COLUMNS, 6), 1e-5f);
    for (int rows : ROWS) {
      Panels expected = RandomTensors.activations(ARENA, rows, COLUMNS, rows);
      Panels expectedInner = expected(up, upBias, expected);
      SCALAR.gelu(expectedInner);
      SCALAR.addLayerNorm(expected, expected(down, downBias, expectedInner), norm);
      for (Kernels kernels : SETS) {
        Panels stream = RandomTensors.activations(ARENA, rows, COLUMNS, rows);
        Panels branch = Panels.allocate(ARENA, 61, COLUMNS);
        Panels inner = Panels.allocate(ARENA, 61, 2 * COLUMNS);
        Affine first = affine(kernels, up, upBias);
        Affine second = affine(kernels, down, downBias);
        kernels.feedForward(stream, first, second, inner, branch, norm);
        String what = "%s x %d".formatted(kernels.name(), rows);
        assertSame(expectedInner, inner, what + ", inner");
        assertSame(expected, stream, what);
        Panels other = RandomTensors.activations(ARENA, rows, COLUMNS, rows);
        kernels.affineAddNorm(inner, second, branch, other, norm);
        assertSame(expected, other, what + ", second product");
      }
    }
  }

  /** Half a step of each factor times the other, and what floats round. */
  @Test
  void productsAreCloseToExactOnes() {
    Tensor tensor = RandomTensors.matrix(TensorType.F32, OUTPUTS, COLUMNS, 9);
    ParameterVector zero = ParameterVector.of(ARENA, new float[OUTPUTS]);
    Panels x = RandomTensors.activations(ARENA, 20, COLUMNS, 10);
    Panels exact = Panels.allocate(ARENA, 20, OUTPUTS);
    SCALAR.affine(x, new Affine[] {affine(SCALAR, tensor, zero)}, new Panels[] {exact});
    for (Kernels kernels : SETS) {
      Panels y = Panels.allocate(ARENA, 20, OUTPUTS);
      kernels.affine(x, new Affine[] {affine(kernels, tensor, zero)}, new Panels[] {y});
      for (int r = 0; r < 20; r++) {
        for (int o = 0; o < OUTPUTS; o++) {
          assertEquals(exact.get(r, o), y.get(r, o), bound(tensor, x, r, o), kernels.name());
        }
      }
    }
  }

  private static double bound(Tensor tensor, Panels x, int row, int output) {
    float[] w = new float[COLUMNS];
    float[] a = new float[COLUMNS];
    ScalarKernels.decodeRow(tensor, output, w);
    x.copyRow(row, a);
    double bound = 0;
    for (int from = 0; from < COLUMNS; from += ByteMatrix.SPAN) {
      double stepW = largest(w, from) / 127;
      double stepX = 2 * largest(a, from) / 255;
      double sumW = 0;
      double sumX = 0;
      for (int c = from; c < from + ByteMatrix.SPAN; c++) {
        sumW += Math.abs(w[c]);
        sumX += Math.abs(a[c]);
      }
      bound += (stepW * sumX + stepX * sumW + ByteMatrix.SPAN * stepX * stepW) / 2;
      bound += sumX * largest(w, from) * 1e-5;
    }
    return bound;
  }

  /** The largest sums, and rows of zeros. */
  @Test
  void extremes() {
    int columns = 16 * ByteMatrix.SPAN;
    float[] numbers = new float[OUTPUTS * columns];
    Arrays.fill(numbers, -3);
    Arrays.fill(numbers, 0, columns, 0);
    Tensor tensor = tensor(numbers, columns);
    ParameterVector zero = ParameterVector.of(ARENA, new float[OUTPUTS]);
    Panels x = Panels.allocate(ARENA, 3, columns);
    float[] row = new float[columns];
    for (int r = 0; r < 3; r++) {
      Arrays.fill(row, 5 * (r - 1));
      x.setRow(r, row);
    }
    for (Kernels kernels : SETS) {
      Panels y = Panels.allocate(ARENA, 3, OUTPUTS);
      kernels.affine(x, new Affine[] {affine(kernels, tensor, zero)}, new Panels[] {y});
      for (int r = 0; r < 3; r++) {
        assertEquals(-15f * columns * (r - 1), y.get(r, OUTPUTS - 1), 1e-1);
        assertEquals(0, y.get(r, 0), 0);
      }
    }
  }

  @Test
  void onlyFloatsInWholeSpansAreRounded() {
    for (Kernels kernels : SETS) {
      Matrix ragged = kernels.prepareBytes(tensor(new float[2 * 96], 96), ARENA);
      assertEquals(Encoding.F32, assertInstanceOf(PackedMatrix.class, ragged).encoding());
      Tensor quantized = RandomTensors.matrix(TensorType.Q8_0, OUTPUTS, 64, 1);
      Matrix packed = kernels.prepareBytes(quantized, ARENA);
      assertEquals(Encoding.Q8_0, assertInstanceOf(PackedMatrix.class, packed).encoding());
    }
    CpuFeatures plain = new CpuFeatures(true, true, false, false);
    Kernels other = new EmittedKernels(new WorkerPool(1), ARENA, plain, new Simulator(), false);
    Matrix exact = other.prepareBytes(tensor(new float[64], 64), ARENA);
    assertEquals(Encoding.F32, assertInstanceOf(PackedMatrix.class, exact).encoding());
    assertFalse(BytePacker.canPack(tensor(new float[2 * 96], 96)));
    assertTrue(BytePacker.canPack(tensor(new float[64], 64)));
    assertInstanceOf(Matrix.Plain.class, SCALAR.prepareBytes(tensor(new float[64], 64), ARENA));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    LayerNorm norm = new LayerNorm(vector(COLUMNS, 5), vector(COLUMNS, 6), 1e-5f);
    for (Kernels kernels : SETS) {
      Tensor tensor = RandomTensors.matrix(TensorType.F32, COLUMNS, COLUMNS, 1);
      Affine w = affine(kernels, tensor, vector(COLUMNS, 2));
      for (int rows : new int[] {1, 61}) {
        Panels x = RandomTensors.activations(ARENA, rows, COLUMNS, 3);
        Panels narrow = RandomTensors.activations(ARENA, rows, COLUMNS - 32, 3);
        Panels few = RandomTensors.activations(ARENA, rows + 1, COLUMNS, 3);
        Panels y = Panels.allocate(ARENA, rows, COLUMNS);
        refused(() -> kernels.affineGelu(narrow, w, y));
        refused(() -> kernels.affineGelu(x, w, narrow));
        refused(() -> kernels.affineGelu(few, w, y));
        refused(() -> kernels.affineAddNorm(x, w, y, few, norm));
        refused(() -> kernels.affineAddNorm(x, w, y, narrow, norm));
        refused(() -> kernels.multiply(x, new Matrix[] {w.matrix()}, new Panels[] {y}));
        kernels.affineGelu(x, w, y); // still works
      }
    }
    float[] numbers = new float[128];
    numbers[100] = Float.NaN;
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> SETS.getFirst().prepareBytes(tensor(numbers, 64), ARENA));
    assertTrue(String.valueOf(refused.getMessage()).contains("row 1"), refused.getMessage());
  }

  private static void refused(Executable action) {
    assertThrows(IllegalArgumentException.class, action);
  }

  private static Tensor tensor(float[] numbers, int columns) {
    MemorySegment data = ARENA.allocateFrom(ValueLayout.JAVA_FLOAT, numbers);
    return new Tensor("w", TensorType.F32, Shape.of(numbers.length / columns, columns), data);
  }
}
