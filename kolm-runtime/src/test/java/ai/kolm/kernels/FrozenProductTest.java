package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Products with a frozen matrix and with its transpose, of every type and on every kernel set, have
 * the bits of one chain of fused multiply-adds in ascending index.
 */
class FrozenProductTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final List<FrozenProduct> PRODUCTS = products();

  private static List<FrozenProduct> products() {
    List<FrozenProduct> products = new ArrayList<>();
    for (KernelSelection.Set set : KernelSelection.Set.values()) {
      if (set != KernelSelection.Set.EMITTED || KernelSelection.emittedObstacle().isEmpty()) {
        Kernels kernels = KernelSelection.forced(set).create(POOL, ARENA);
        products.add(new FrozenProduct(kernels, ARENA));
      }
    }
    return products;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void areChainsInAscendingOrder(TensorType type) {
    int block = Math.max(type.blockSize(), 32);
    for (int columns : new int[] {block, 256 + (block == 256 ? 0 : 96)}) {
      for (int outputs : new int[] {1, 33, 140}) {
        for (int rows : new int[] {1, 5, 40}) {
          check(RandomTensors.matrix(type, outputs, columns, outputs), rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void ofColumnsThatAreNotWholeBlocks(TensorType type) {
    for (int columns : new int[] {1, 31, 33, 140}) {
      check(RandomTensors.matrix(type, 34, columns, columns), 7);
    }
  }

  private static void check(Tensor tensor, int rows) {
    Matrix.Plain w = new Matrix.Plain(tensor);
    float[][] weights = new float[w.rows()][w.columns()];
    for (int o = 0; o < weights.length; o++) {
      ScalarKernels.decodeRow(tensor, o, weights[o]);
    }
    Panels x = RandomTensors.activations(ARENA, rows, w.columns(), 1);
    Panels d = RandomTensors.activations(ARENA, rows, w.rows(), 2);
    for (FrozenProduct product : PRODUCTS) {
      Panels y = RandomTensors.activations(ARENA, rows, w.rows(), 3);
      product.multiply(x, w, y);
      Panels g = RandomTensors.activations(ARENA, rows, w.columns(), 4);
      product.multiplyTransposed(d, w, g, false);
      Panels sum = RandomTensors.activations(ARENA, rows, w.columns(), 5);
      Panels before = RandomTensors.activations(ARENA, rows, w.columns(), 5);
      product.multiplyTransposed(d, w, sum, true);
      for (int t = 0; t < rows; t++) {
        checkRow(weights, x, y, t);
        checkTransposedRow(weights, d, g, sum, before, t);
      }
    }
  }

  private static void checkRow(float[][] weights, Panels x, Panels y, int t) {
    for (int o = 0; o < weights.length; o++) {
      float chain = 0;
      for (int c = 0; c < x.width(); c++) {
        chain = Math.fma(x.get(t, c), weights[o][c], chain);
      }
      assertEquals(chain, y.get(t, o));
    }
  }

  private static void checkTransposedRow(
      float[][] weights, Panels d, Panels g, Panels sum, Panels before, int t) {
    for (int c = 0; c < g.width(); c++) {
      float chain = 0;
      float added = before.get(t, c);
      for (int o = 0; o < weights.length; o++) {
        chain = Math.fma(d.get(t, o), weights[o][c], chain);
        added = Math.fma(d.get(t, o), weights[o][c], added);
      }
      assertEquals(chain, g.get(t, c));
      assertEquals(added, sum.get(t, c));
    }
  }

  @Test
  void refusesMatricesOfOtherShapes() {
    Matrix.Plain w = new Matrix.Plain(RandomTensors.matrix(TensorType.F32, 4, 8, 1));
    Panels x = Panels.allocate(ARENA, 2, 9);
    Panels y = Panels.allocate(ARENA, 2, 4);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PRODUCTS.getFirst().multiply(x, w, y));
    assertTrue(
        String.valueOf(e.getMessage()).contains("(4, 8), but 4 outputs of 9 inputs"),
        e.getMessage());
  }

  @Test
  void checksThatMatricesLieWithinTheirMemory() {
    Kernels kernels = new ScalarKernels(POOL);
    Panels x = Panels.allocate(ARENA, 4, 32);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> kernels.multiplyAdd(0, x.data(), 0, 512, 4, x.data(), 0, 5, x.data(), 0));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> kernels.multiplyAdd(0, x.data(), 0, 512, 5, x.data(), 0, 4, x.data(), 0));
  }
}
