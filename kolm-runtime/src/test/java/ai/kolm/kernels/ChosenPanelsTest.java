package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Some panels of a product have the bits that they have in the whole, and no others are touched.
 */
class ChosenPanelsTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final List<Kernels> SETS = sets();
  private static final float UNTOUCHED = 12345;
  private static final int OUTPUTS = 32 * 8 + 5;
  private static final int PANELS = 9;

  private static final int[][] CHOICES = {
    {}, {0}, {PANELS - 1}, {1, 2, 3, 7}, IntStream.range(0, PANELS).toArray()
  };

  private static List<Kernels> sets() {
    List<Kernels> sets =
        new ArrayList<>(List.of(new ScalarKernels(POOL), new VectorKernels(POOL, ARENA)));
    if (KernelSelection.emittedObstacle().isEmpty()) {
      KernelSelection selection = KernelSelection.forced(KernelSelection.Set.EMITTED);
      sets.add(selection.create(POOL, ARENA));
      sets.add(selection.withFastPrompts().create(POOL, ARENA));
    } else {
      System.out.println("emitted kernels not tested: " + KernelSelection.emittedObstacle());
    }
    return sets;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void haveTheBitsOfTheWhole(TensorType type) {
    int columns = Math.max(type.blockSize(), 32) * 3;
    Tensor tensor = RandomTensors.matrix(type, OUTPUTS, columns, 8);
    for (Kernels kernels : SETS) {
      Matrix[] w = {kernels.prepare(tensor, ARENA)};
      for (int rows : new int[] {1, 2, 5, 20}) {
        Panels x = RandomTensors.activations(ARENA, rows, columns, rows);
        Panels[] whole = {Panels.allocateRowMajor(ARENA, rows, OUTPUTS)};
        kernels.multiply(x, w, whole);
        for (int[] choice : CHOICES) {
          Panels[] some = {untouched(rows)};
          int[] list = Arrays.copyOf(choice, choice.length + 1); // what is behind does not count
          kernels.multiplyPanels(x, w, some, list, choice.length);
          String what = "%s, %s, %d rows".formatted(kernels.name(), type, rows);
          assertChosen(whole[0], some[0], choice, what);
        }
      }
    }
  }

  private static Panels untouched(int rows) {
    Panels y = Panels.allocateRowMajor(ARENA, rows, OUTPUTS);
    float[] row = new float[OUTPUTS];
    Arrays.fill(row, UNTOUCHED);
    for (int i = 0; i < rows; i++) {
      y.setRow(i, row);
    }
    return y;
  }

  private static void assertChosen(Panels whole, Panels some, int[] choice, String what) {
    for (int row = 0; row < whole.rows(); row++) {
      for (int c = 0; c < OUTPUTS; c++) {
        boolean chosen = Arrays.binarySearch(choice, c / Panels.WIDTH) >= 0;
        float expected = chosen ? whole.get(row, c) : UNTOUCHED;
        if (Float.floatToIntBits(expected) != Float.floatToIntBits(some.get(row, c))) {
          assertEquals(expected, some.get(row, c), 0, "%s at (%d, %d)".formatted(what, row, c));
        }
      }
    }
  }

  /** As the logits of one row among those of others. */
  @Test
  void goIntoOneRowOfALargerResult() {
    Tensor tensor = RandomTensors.matrix(TensorType.Q8_0, OUTPUTS, 64, 8);
    Panels x = RandomTensors.activations(ARENA, 1, 64, 3);
    for (Kernels kernels : SETS) {
      Matrix[] w = {kernels.prepare(tensor, ARENA)};
      Panels whole = Panels.allocateRowMajor(ARENA, 1, OUTPUTS);
      kernels.multiply(x, w, new Panels[] {whole});
      Panels all = untouched(3);
      kernels.multiplyPanels(x, w, new Panels[] {all.row(1)}, new int[] {2, 8}, 2);
      for (int c = 0; c < OUTPUTS; c++) {
        boolean chosen = c / Panels.WIDTH == 2 || c / Panels.WIDTH == 8;
        assertEquals(UNTOUCHED, all.get(0, c));
        assertEquals(chosen ? whole.get(0, c) : UNTOUCHED, all.get(1, c), kernels.name());
        assertEquals(UNTOUCHED, all.get(2, c));
      }
    }
  }

  @Test
  void panelsThatDoNotExistAreRefused() {
    Tensor tensor = RandomTensors.matrix(TensorType.Q4_1, OUTPUTS, 64, 8);
    Panels x = RandomTensors.activations(ARENA, 1, 64, 3);
    for (Kernels kernels : SETS) {
      Matrix[] w = {kernels.prepare(tensor, ARENA)};
      Panels y = untouched(1);
      for (int wrong : new int[] {-1, PANELS, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        refused(kernels, x, w, y, new int[] {0, wrong}, 2);
      }
      refused(kernels, x, w, y, new int[] {0, 1}, 3);
      refused(kernels, x, w, y, new int[] {0, 1}, -1);
      Panels narrow = Panels.allocateRowMajor(ARENA, 1, OUTPUTS - 32);
      refused(kernels, x, w, narrow, new int[] {PANELS - 1}, 1);
      for (int c = 0; c < OUTPUTS; c++) {
        assertEquals(UNTOUCHED, y.get(0, c)); // nothing is done before all is checked
      }
    }
    assertThrows(IndexOutOfBoundsException.class, () -> untouched(2).row(2));
    assertThrows(IllegalStateException.class, () -> x.row(0));
  }

  private static void refused(
      Kernels kernels, Panels x, Matrix[] w, Panels y, int[] panels, int count) {
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> kernels.multiplyPanels(x, w, new Panels[] {y}, panels, count));
  }

  @Test
  void areScaledAndCappedAlone() {
    Kernels kernels = SETS.getFirst();
    Panels whole = RandomTensors.activations(ARENA, 1, OUTPUTS, 4);
    Panels some = RandomTensors.activations(ARENA, 1, OUTPUTS, 4);
    Panels before = RandomTensors.activations(ARENA, 1, OUTPUTS, 4);
    int[] choice = {0, 4, 8};
    kernels.scale(whole, 0.3f);
    kernels.softCap(whole, 2);
    kernels.scale(some, 0.3f, choice, 3);
    kernels.softCap(some, 2, choice, 3);
    for (int c = 0; c < OUTPUTS; c++) {
      boolean chosen = c / Panels.WIDTH % 4 == 0;
      assertEquals(chosen ? whole.get(0, c) : before.get(0, c), some.get(0, c));
    }
  }
}
