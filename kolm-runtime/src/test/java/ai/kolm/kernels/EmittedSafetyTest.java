package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Machine code would end the process where Java throws: what does not fit is refused before it
 * runs, and collections of garbage meanwhile change nothing.
 */
class EmittedSafetyTest {
  private static final int COLUMNS = 256;
  private static final int OUTPUTS = 70;

  private Arena arena;
  private WorkerPool pool;
  private Kernels kernels;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each
  void create() {
    Assumptions.assumeTrue(
        KernelSelection.emittedObstacle().isEmpty(),
        () -> "emitted kernels not tested: " + KernelSelection.emittedObstacle());
    arena = Arena.ofShared();
    pool = new WorkerPool(2);
    KernelSelection selection = KernelSelection.forced(KernelSelection.Set.EMITTED);
    kernels = selection.withFastPrompts().create(pool, arena);
  }

  @AfterEach
  void close() {
    if (pool != null) {
      pool.close();
      arena.close();
    }
  }

  private Panels panels(int rows, int width) {
    return RandomTensors.activations(arena, rows, width, rows + width);
  }

  private Matrix matrix(TensorType type) {
    return kernels.prepare(RandomTensors.matrix(type, OUTPUTS, COLUMNS, 3), arena);
  }

  private void multiply(Panels x, Matrix w, Panels y) {
    kernels.multiplyCoarsely(x, new Matrix[] {w}, new Panels[] {y});
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_1", "Q8_0", "Q4_K", "F16", "F32"})
  void productsThatDoNotFitAreRefused(TensorType type) {
    Matrix w = matrix(type);
    for (int rows : new int[] {1, 9, 20}) {
      refused(() -> multiply(panels(rows, COLUMNS - 32), w, panels(rows, OUTPUTS)));
      refused(() -> multiply(panels(rows, COLUMNS + 32), w, panels(rows, OUTPUTS)));
      refused(() -> multiply(panels(rows, COLUMNS), w, panels(rows, OUTPUTS - 32)));
      refused(() -> multiply(panels(rows + 1, COLUMNS), w, panels(rows, OUTPUTS)));
    }
    multiply(panels(20, COLUMNS), w, panels(20, OUTPUTS)); // still works
  }

  @Test
  void rowsThatDoNotFitAreRefused() {
    for (int rows : new int[] {1, 9}) {
      Panels x = panels(rows, COLUMNS);
      ParameterVector weights = ParameterVector.of(arena, new float[COLUMNS - 32]);
      refused(() -> kernels.rmsNorm(x, weights, 1e-5f, x));
      refused(() -> kernels.add(x, panels(rows, COLUMNS - 32), 1));
      refused(() -> kernels.add(x, panels(rows + 1, COLUMNS), 1));
      refused(() -> kernels.gate(x, panels(rows, COLUMNS - 32), Activation.SILU));
      refused(() -> kernels.gate(x, panels(rows + 1, COLUMNS), Activation.SILU));
      Rotation few = new Rotation(arena, rows, 64, 64, Rotation.Pairing.HALVES);
      Rotation wide = new Rotation(arena, rows, 96, 64, Rotation.Pairing.ADJACENT);
      refused(() -> kernels.rotate(panels(rows + 1, 64), few));
      refused(() -> kernels.rotate(panels(rows, 64 + 32), few));
      refused(() -> kernels.rotate(panels(rows, 96 + 32), wide));
    }
  }

  @Test
  void layersOfEncodersThatDoNotFitAreRefused() {
    ParameterVector few = ParameterVector.of(arena, new float[COLUMNS - 32]);
    ParameterVector fitting = ParameterVector.of(arena, new float[COLUMNS]);
    ParameterVector outputs = ParameterVector.of(arena, new float[OUTPUTS]);
    Matrix matrix = matrix(TensorType.F32);
    refused(() -> new Affine(matrix, fitting));
    refused(() -> new LayerNorm(few, fitting, 1e-5f));
    Affine w = new Affine(matrix, outputs);
    LayerNorm norm = new LayerNorm(fitting, fitting, 1e-5f);
    for (int rows : new int[] {1, 20}) {
      Panels x = panels(rows, COLUMNS);
      Panels y = panels(rows, OUTPUTS);
      refused(() -> kernels.affineGelu(x, w, panels(rows, OUTPUTS - 32)));
      refused(() -> kernels.affineGelu(panels(rows, COLUMNS - 32), w, y));
      refused(() -> kernels.layerNorm(x, new LayerNorm(few, few, 1e-5f)));
      refused(() -> kernels.addLayerNorm(x, panels(rows + 1, COLUMNS), norm));
      refused(() -> kernels.addLayerNorm(x, panels(rows, COLUMNS - 32), norm));
      kernels.affineGelu(x, w, y); // still works
    }
  }

  @Test
  void positionsWithoutMemoryAreRefused() {
    Attention.Heads heads = new Attention.Heads(4, 2, 64, 0.1f, 0);
    KvCache cache = new KvCache(arena, new KvCache.Layout(1, 2, 64, KvCache.Precision.HALF), 40);
    Panels q = panels(3, 256);
    Attention attention = new Attention(heads, cache, q, panels(3, 256), 128);
    refused(() -> attention.begin(List.of(new Attention.Piece(0, 3, 0, new int[] {40}))));
    refused(() -> new Attention.Piece(0, 3, 30, new int[] {0}));
    attention.begin(List.of(new Attention.Piece(0, 3, 0, new int[] {5})));
    refused(() -> kernels.store(attention, panels(3, 64), panels(3, 128)));
    refused(() -> kernels.store(attention, panels(3, 128), panels(3, 64)));
    refused(() -> kernels.store(attention, panels(3, 128), panels(2, 128)));
  }

  private static void refused(Executable action) {
    assertThrows(RuntimeException.class, action);
  }

  @Test
  void collectionsOfGarbageChangeNothing() throws InterruptedException {
    AtomicBoolean end = new AtomicBoolean();
    AtomicLong collections = new AtomicLong();
    Thread garbage =
        Thread.ofPlatform()
            .start(
                () -> {
                  byte[][] kept = new byte[64][];
                  for (int i = 0; !end.get(); i++) {
                    kept[i % kept.length] = new byte[16 << 10];
                    if (i % 512 == 0) {
                      System.gc();
                      collections.incrementAndGet();
                    }
                  }
                });
    Tensor tensor = RandomTensors.matrix(TensorType.Q4_1, 512, COLUMNS, 4);
    Matrix w = kernels.prepare(tensor, arena);
    try {
      for (int rows : new int[] {1, 40}) {
        Panels x = panels(rows, COLUMNS);
        Panels first = Panels.allocate(arena, rows, 512);
        multiply(x, w, first);
        Panels y = Panels.allocate(arena, rows, 512);
        for (long last = collections.get() + 20; collections.get() < last; ) {
          multiply(x, w, y);
          assertEquals(-1, first.data().mismatch(y.data()));
        }
      }
    } finally {
      end.set(true);
      garbage.join();
    }
    assertTrue(collections.get() >= 40, collections + " collections");
  }
}
