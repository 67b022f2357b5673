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
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of floats rounded to 12 bits with activations of 16. */
final class WordPackerTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final Kernels SCALAR = new ScalarKernels(POOL);
  private static final List<Kernels> SETS = sets();

  private static final int COLUMNS = 256 + 3 * 32;
  private static final int OUTPUTS = 33;

  /** A simulated processor, and this one if it multiplies integers. */
  private static List<Kernels> sets() {
    CpuFeatures vnni = new CpuFeatures(true, true, true, false);
    List<Kernels> sets = new ArrayList<>();
    for (boolean fastPrompts : new boolean[] {false, true}) {
      sets.add(new EmittedKernels(new WorkerPool(1), ARENA, vnni, new Simulator(), fastPrompts));
    }
    if (KernelSelection.emittedObstacle().isEmpty()) {
      Kernels here = KernelSelection.forced(KernelSelection.Set.EMITTED).create(POOL, ARENA);
      if (here.name().endsWith("vnni")) {
        sets.add(here);
      }
    }
    return sets;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  private static Panels product(Kernels kernels, Matrix w, Panels x) {
    Panels y = Panels.allocate(ARENA, x.rows(), w.rows());
    kernels.multiplyCoarsely(x, new Matrix[] {w}, new Panels[] {y});
    return y;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void productsAreWithinTheirBoundAndDoNotDependOnRows(TensorType type) {
    Tensor tensor = RandomTensors.matrix(type, OUTPUTS, COLUMNS, 5);
    for (int rows : new int[] {1, 7, 20}) {
      Panels x = RandomTensors.activations(ARENA, rows, COLUMNS, rows);
      Panels expected = product(SCALAR, SCALAR.prepareWords(tensor, ARENA), x);
      for (Kernels kernels : SETS) {
        Matrix w = kernels.prepareWords(tensor, ARENA);
        assertEquals(Encoding.WORDS, assertInstanceOf(PackedMatrix.class, w).encoding());
        Panels actual = product(kernels, w, x);
        Panels one = Panels.allocate(ARENA, 1, COLUMNS);
        for (int r = 0; r < rows; r++) {
          one.copyRowOf(x, r, 0);
          Panels alone = product(kernels, w, one);
          for (int c = 0; c < OUTPUTS; c++) {
            double bound = bound(tensor, x, r, c);
            String what = "%s x %d at (%d, %d)".formatted(type, rows, r, c);
            assertEquals(expected.get(r, c), actual.get(r, c), bound, what);
            assertEquals(alone.get(0, c), actual.get(r, c), 0, what + ", alone");
          }
        }
      }
    }
  }

  /** Half a step of each factor times the other, and what floats round. */
  private static double bound(Tensor tensor, Panels x, int row, int output) {
    float[] w = new float[COLUMNS];
    ScalarKernels.decodeRow(tensor, output, w);
    double bound = 0;
    for (int block = 0; block < COLUMNS; block += 32) {
      double largestX = 0;
      double largestW = 0;
      double sumX = 0;
      double sumW = 0;
      for (int c = block; c < block + 32; c++) {
        double magnitude = Math.abs(x.get(row, c));
        largestX = Math.max(largestX, magnitude);
        largestW = Math.max(largestW, Math.abs(w[c]));
        sumX += magnitude;
        sumW += Math.abs(w[c]);
      }
      double stepX = largestX / Rounding.WORDS.largest();
      double stepW = largestW / WordPacker.LARGEST;
      bound += (stepW * sumX + stepX * sumW + 32 * stepX * stepW / 2) / 2;
      bound += sumX * largestW * 1e-5;
    }
    return bound;
  }

  /** The largest sum that integers must hold. */
  @Test
  void sumsDoNotOverflow() {
    float[] ones = new float[OUTPUTS * COLUMNS];
    java.util.Arrays.fill(ones, -3);
    Tensor tensor = tensor(ones, COLUMNS);
    Panels x = Panels.allocate(ARENA, 7, COLUMNS);
    float[] row = new float[COLUMNS];
    java.util.Arrays.fill(row, 5);
    for (int r = 0; r < 7; r++) {
      x.setRow(r, row);
    }
    for (Kernels kernels : SETS) {
      Panels y = product(kernels, kernels.prepareWords(tensor, ARENA), x);
      assertEquals(-15f * COLUMNS, y.get(6, OUTPUTS - 1), 1e-2);
    }
  }

  @Test
  void onlyFloatsInWholeBlocksAreRounded() {
    for (Kernels kernels : SETS) {
      Matrix ragged = kernels.prepareWords(tensor(new float[66], 33), ARENA);
      assertEquals(Encoding.F32, ((PackedMatrix) ragged).encoding());
      Tensor quantized = RandomTensors.matrix(TensorType.Q8_0, OUTPUTS, 64, 1);
      assertEquals(
          Encoding.Q8_0, ((PackedMatrix) kernels.prepareWords(quantized, ARENA)).encoding());
    }
    assertFalse(WordPacker.canPack(tensor(new float[66], 33)));
    assertTrue(WordPacker.canPack(tensor(new float[64], 32)));
  }

  @Test
  void aWeightThatIsNotFiniteIsRefused() {
    float[] numbers = new float[64];
    numbers[40] = Float.NaN;
    Kernels kernels = SETS.getFirst();
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> kernels.prepareWords(tensor(numbers, 32), ARENA));
    assertTrue(String.valueOf(refused.getMessage()).contains("row 1"), refused.getMessage());
  }

  private static Tensor tensor(float[] numbers, int columns) {
    MemorySegment data = ARENA.allocateFrom(ValueLayout.JAVA_FLOAT, numbers);
    return new Tensor("w", TensorType.F32, Shape.of(numbers.length / columns, columns), data);
  }
}
