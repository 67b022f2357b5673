package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Simulator;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Routines for processors of every kind, run by the {@link Simulator} wherever this runs, give the
 * same bits: 256-bit vectors, 512-bit ones, and those with integer dot products.
 */
class SimulatedKernelsTest {
  private static final CpuFeatures AVX2 = new CpuFeatures(true, false, false, false);
  private static final CpuFeatures AVX512 = new CpuFeatures(true, true, false, false);
  private static final CpuFeatures VNNI = new CpuFeatures(true, true, true, false);
  private static final CpuFeatures AMX = new CpuFeatures(true, true, true, true);

  private static Kernels kernels(CpuFeatures features, Arena arena) {
    return new EmittedKernels(new WorkerPool(1), arena, features, new Simulator(), false);
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"Q2_K", "Q3_K", "MXFP4"},
      mode = EnumSource.Mode.EXCLUDE)
  void productsAreTheSameOnAllProcessors(TensorType type) {
    try (Arena arena = Arena.ofShared()) {
      int columns = type.blockSize() == 256 ? 512 : 256 + 3 * 32;
      Tensor tensor = RandomTensors.matrix(type, 33, columns, 5);
      List<Kernels> sets = new ArrayList<>();
      for (CpuFeatures features : List.of(AVX2, AVX512, VNNI)) {
        sets.add(kernels(features, arena));
      }
      if (KernelSelection.emittedObstacle().isEmpty()) {
        sets.add(
            KernelSelection.forced(KernelSelection.Set.EMITTED).create(new WorkerPool(1), arena));
      }
      for (int rows : new int[] {1, 2, 7, 13, 20}) {
        Panels x = RandomTensors.activations(arena, rows, columns, rows);
        Panels expected = product(sets.getFirst(), tensor, x, arena);
        for (Kernels set : sets.subList(1, sets.size())) {
          assertSame(expected, product(set, tensor, x, arena), set.name() + " x " + rows);
        }
        if (type == TensorType.F32) {
          Panels scalar = product(new ScalarKernels(new WorkerPool(1)), tensor, x, arena);
          assertSame(scalar, expected, "scalar");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"Q2_K", "Q3_K", "MXFP4", "F32", "F16", "BF16"},
      mode = EnumSource.Mode.EXCLUDE)
  void promptsOfBytesAreWithinTheirBound(TensorType type) {
    try (Arena arena = Arena.ofShared()) {
      int columns = type.blockSize() == 256 ? 512 : 256 + 3 * 32;
      Tensor tensor = RandomTensors.matrix(type, 33, columns, 5);
      WorkerPool pool = new WorkerPool(1);
      Kernels simulated = new EmittedKernels(pool, arena, VNNI, new Simulator(), true);
      for (int rows : new int[] {16, 20}) {
        Panels x = RandomTensors.activations(arena, rows, columns, rows);
        Panels actual = coarse(simulated, tensor, x, arena);
        Panels expected = product(new ScalarKernels(pool), tensor, x, arena);
        String what = "%s x %d".formatted(type, rows);
        Panels fine = product(simulated, tensor, x, arena);
        assertSame(fine, outliers(simulated, tensor, x, arena), what + ", outliers");
        RoundingBound.assertWithin(tensor, x, expected, actual, Rounding.BYTES, what);
        if (KernelSelection.emittedObstacle().isEmpty()) {
          KernelSelection selection = KernelSelection.forced(KernelSelection.Set.EMITTED);
          Kernels here = selection.withFastPrompts().create(pool, arena);
          if (here.name().endsWith("vnni")) {
            assertSame(actual, coarse(here, tensor, x, arena), what + ", here");
          }
        }
      }
    }
  }

  /** Both factors have 8 bits of significand; sums are floats, in the order of tiles. */
  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"Q2_K", "Q3_K", "MXFP4", "F32", "F16", "BF16"},
      mode = EnumSource.Mode.EXCLUDE)
  void promptsInTilesAreProductsOfRoundedFactors(TensorType type) {
    int columns = type.blockSize() == 256 ? 768 : 512 + 3 * 32;
    Tensor tensor = RandomTensors.matrix(type, 33, columns, 5);
    float[][] weights = new float[33][columns];
    for (int out = 0; out < 33; out++) {
      ScalarKernels.decodeRow(tensor, out, weights[out]);
    }
    try (Arena arena = Arena.ofShared()) {
      Kernels kernels = new EmittedKernels(new WorkerPool(2), arena, AMX, new Simulator(), true);
      assertEquals("emitted-avx512-vnni-amx", kernels.name());
      for (int rows : new int[] {16, 17, 32, 33, 61, 96}) {
        Panels x = RandomTensors.activations(arena, rows, columns, rows);
        Panels actual = coarse(kernels, tensor, x, arena);
        assertSame(actual, outliers(kernels, tensor, x, arena), type + ", outliers");
        for (int row = 0; row < rows; row++) {
          for (int out = 0; out < 33; out++) {
            double sum = 0;
            double size = 0;
            for (int k = 0; k < columns; k++) {
              double product = rounded(x.get(row, k)) * rounded(weights[out][k]);
              sum += product;
              size += Math.abs(product);
            }
            String what = "%s x %d: %d, %d".formatted(type, rows, row, out);
            assertEquals(sum, actual.get(row, out), columns * 0x1p-24 * size + 1e-12, what);
          }
        }
      }
    }
  }

  /** More rows than a task has, of a result whose rows lie apart: nothing is written past them. */
  @Test
  void manyRowsInTilesAreThoseOfFewer() {
    int rows = 545;
    int outputs = 33;
    Tensor tensor = RandomTensors.matrix(TensorType.Q8_0, outputs, 64, 5);
    try (Arena arena = Arena.ofShared()) {
      Kernels kernels = new EmittedKernels(new WorkerPool(2), arena, AMX, new Simulator(), true);
      Panels x = RandomTensors.activations(arena, rows, 64, 3);
      Panels y = Panels.allocateRowMajor(arena, rows + 16, outputs);
      y.data().fill((byte) 77);
      Matrix[] matrix = {kernels.prepare(tensor, arena)};
      kernels.multiplyCoarsely(x, matrix, new Panels[] {y});
      long end = y.offset(rows, 0);
      for (long at = end; at < y.data().byteSize(); at++) {
        assertEquals(77, y.data().get(ValueLayout.JAVA_BYTE, at), "behind the last row");
      }
      Panels some = Panels.allocate(arena, 16, 64);
      for (int first = 0; first + 16 <= rows; first += 16) {
        for (int row = 0; row < 16; row++) {
          some.copyRowOf(x, first + row, row);
        }
        Panels expected = coarse(kernels, tensor, some, arena);
        for (int row = 0; row < 16; row++) {
          for (int out = 0; out < outputs; out++) {
            assertEquals(
                expected.get(row, out), y.get(first + row, out), 0, "row " + (first + row));
          }
        }
      }
    }
  }

  /** To 8 bits of significand, to nearest, to even in between. */
  private static double rounded(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.intBitsToFloat((bits + 0x7FFF + ((bits >>> 16) & 1)) & 0xFFFF0000);
  }

  @Test
  void normsAndGatesAreTheScalarOnesOnAllProcessors() {
    int width = 70;
    float[] weights = new float[width];
    for (int i = 0; i < width; i++) {
      weights[i] = 0.5f + i % 7;
    }
    try (Arena arena = Arena.ofShared()) {
      ParameterVector norm = ParameterVector.of(arena, weights);
      for (CpuFeatures features : List.of(AVX2, AVX512)) {
        Kernels kernels = kernels(features, arena);
        Kernels scalar = new ScalarKernels(kernels.pool());
        Panels expected = RandomTensors.activations(arena, 3, width, 1);
        Panels actual = RandomTensors.activations(arena, 3, width, 1);
        scalar.rmsNorm(expected, norm, 1e-5f, expected);
        kernels.rmsNorm(actual, norm, 1e-5f, actual);
        assertSame(expected, actual, "norm, " + features);
        for (Activation activation : Activation.values()) {
          Panels up = RandomTensors.activations(arena, 3, width, 2);
          scalar.gate(expected, up, activation);
          kernels.gate(actual, up, activation);
          assertSame(expected, actual, activation + ", " + features);
        }
      }
    }
  }

  @Test
  void layersOfEncodersAreTheScalarOnesOnAllProcessors() {
    int width = 96;
    try (Arena arena = Arena.ofShared()) {
      Tensor tensor = RandomTensors.matrix(TensorType.F32, width, width, 5);
      float[] numbers = new float[width];
      RandomTensors.activations(arena, 1, width, 9).copyRow(0, numbers);
      ParameterVector vector = ParameterVector.of(arena, numbers);
      for (CpuFeatures features : List.of(AVX2, AVX512)) {
        Kernels kernels = kernels(features, arena);
        Panels expected = layer(new ScalarKernels(kernels.pool()), tensor, vector, arena);
        assertSame(expected, layer(kernels, tensor, vector, arena), features.toString());
      }
    }
  }

  private static Panels layer(Kernels kernels, Tensor tensor, ParameterVector vector, Arena arena) {
    Panels x = RandomTensors.activations(arena, 5, vector.width(), 1);
    Panels y = Panels.allocate(arena, 5, vector.width());
    LayerNorm norm = new LayerNorm(vector, vector, 1e-5f);
    kernels.layerNorm(x, norm);
    kernels.affineGelu(x, new Affine(kernels.prepare(tensor, arena), vector), y);
    kernels.addLayerNorm(x, y, norm);
    return x;
  }

  @Test
  void attentionIsTheScalarOneOnAllProcessors() {
    Attention.Heads heads = new Attention.Heads(6, 2, 40, 0.2f, 30);
    try (Arena arena = Arena.ofShared()) {
      Panels expected = attend(new ScalarKernels(new WorkerPool(1)), heads, arena);
      for (CpuFeatures features : List.of(AVX2, AVX512)) {
        assertSame(expected, attend(kernels(features, arena), heads, arena), features.toString());
      }
    }
  }

  private static Panels attend(Kernels kernels, Attention.Heads heads, Arena arena) {
    int rows = 37;
    KvCache.Layout layout =
        new KvCache.Layout(1, heads.keyValues(), heads.dim(), KvCache.Precision.HALF);
    KvCache cache = new KvCache(arena, layout, 4);
    int width = heads.dim() * heads.queries();
    Panels q = RandomTensors.activations(arena, rows, width, 11);
    Panels k = RandomTensors.activations(arena, rows, heads.dim() * heads.keyValues(), 12);
    Panels v = RandomTensors.activations(arena, rows, heads.dim() * heads.keyValues(), 13);
    Panels result = Panels.allocate(arena, rows, width);
    Attention attention = new Attention(heads, cache, q, result, 64);
    attention.begin(List.of(new Attention.Piece(0, rows, 0, new int[] {2, 0})));
    attention.layer(0, 0);
    kernels.store(attention, k, v);
    kernels.attend(attention);
    return result;
  }

  /** One of the ways to multiply that kernels have. */
  private interface Product {
    void compute(Kernels kernels, Panels x, Matrix[] w, Panels[] y);
  }

  private static Panels coarse(Kernels kernels, Tensor tensor, Panels x, Arena arena) {
    return product(Kernels::multiplyCoarsely, kernels, tensor, x, arena);
  }

  private static Panels outliers(Kernels kernels, Tensor tensor, Panels x, Arena arena) {
    return product(Kernels::multiplyOutliers, kernels, tensor, x, arena);
  }

  private static Panels product(Kernels kernels, Tensor tensor, Panels x, Arena arena) {
    return product(Kernels::multiply, kernels, tensor, x, arena);
  }

  private static Panels product(
      Product product, Kernels kernels, Tensor tensor, Panels x, Arena arena) {
    Panels y = Panels.allocate(arena, x.rows(), (int) tensor.shape().rows());
    product.compute(kernels, x, new Matrix[] {kernels.prepare(tensor, arena)}, new Panels[] {y});
    return y;
  }

  private static void assertSame(Panels expected, Panels actual, String what) {
    for (int row = 0; row < expected.rows(); row++) {
      for (int c = 0; c < expected.width(); c++) {
        assertEquals(
            expected.get(row, c), actual.get(row, c), 0, "%s at (%d, %d)".formatted(what, row, c));
      }
    }
  }
}
