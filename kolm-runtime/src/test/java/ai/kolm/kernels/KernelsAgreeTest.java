package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The fast kernels give the bits of the scalar kernels, on every operation and at awkward sizes;
 * except that emitted products of quantized weights round activations, within a derived bound.
 */
class KernelsAgreeTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final Kernels SCALAR = new ScalarKernels(ONE);
  private static final int[] ROWS = {1, 2, 3, 5, 8, 13, 40};

  private static final Kernels VECTOR = new VectorKernels(TWO, ARENA);
  private static final List<Kernels> FAST = fast();

  private static List<Kernels> fast() {
    List<Kernels> sets = new ArrayList<>(List.of(VECTOR));
    if (KernelSelection.emittedObstacle().isEmpty()) {
      sets.add(KernelSelection.forced(KernelSelection.Set.EMITTED).create(TWO, ARENA));
    } else {
      System.out.println("emitted kernels not tested: " + KernelSelection.emittedObstacle());
    }
    return sets;
  }

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
    ARENA.close();
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void products(TensorType type) {
    int block = Math.max(type.blockSize(), 32);
    for (int columns : new int[] {block, 3 * block, 256 * 5 + (block == 256 ? 0 : 32 * 3)}) {
      for (int outputs : new int[] {1, 15, 16, 33, 70}) {
        for (int rows : ROWS) {
          assertProductsAgree(
              RandomTensors.matrix(type, outputs, columns, outputs + columns), rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void productsOfColumnsThatAreNotWholeBlocks(TensorType type) {
    for (int columns : new int[] {1, 2, 7, 31, 33, 255, 257, 1100}) {
      for (int rows : ROWS) {
        assertProductsAgree(RandomTensors.matrix(type, 34, columns, columns), rows);
      }
    }
  }

  private static void assertProductsAgree(Tensor tensor, int rows) {
    int outputs = (int) tensor.shape().rows();
    Panels x = RandomTensors.activations(ARENA, rows, (int) tensor.shape().columns(), 7);
    Panels expected = product(SCALAR, tensor, x, outputs);
    for (Kernels kernels : FAST) {
      Panels actual = product(kernels, tensor, x, outputs);
      String what = "%s: %s x %d".formatted(kernels.name(), tensor, rows);
      if (kernels instanceof EmittedKernels && hasScales(tensor.type())) {
        RoundingBound.assertWithin(tensor, x, expected, actual, Rounding.WORDS, what);
        assertSame(rowByRow(kernels, tensor, x, outputs), actual, what + ", row by row");
      } else {
        assertSame(expected, actual, what);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void promptsOfBytes(TensorType type) {
    if (!KernelSelection.emittedObstacle().isEmpty() || !hasScales(type)) {
      return; // said above; there are no integers
    }
    KernelSelection selection = KernelSelection.forced(KernelSelection.Set.EMITTED);
    Kernels kernels = selection.withFastPrompts().create(TWO, ARENA);
    int block = Math.max(type.blockSize(), 32);
    for (int columns : new int[] {block, 256 * 5 + (block == 256 ? 0 : 32 * 3)}) {
      for (int outputs : new int[] {1, 33, 70}) {
        Tensor tensor = RandomTensors.matrix(type, outputs, columns, outputs + columns);
        for (int rows : new int[] {15, 16, 40}) {
          Panels x = RandomTensors.activations(ARENA, rows, columns, 7);
          Panels actual = Panels.allocate(ARENA, rows, outputs);
          Matrix[] matrix = {kernels.prepare(tensor, ARENA)};
          kernels.multiplyCoarsely(x, matrix, new Panels[] {actual});
          Rounding rounding = rows < 16 ? Rounding.WORDS : Rounding.BYTES;
          Panels expected = product(SCALAR, tensor, x, outputs);
          RoundingBound.assertWithin(tensor, x, expected, actual, rounding, tensor + " x " + rows);
        }
      }
    }
  }

  private static boolean hasScales(TensorType type) {
    return Encoding.of(type).filter(e -> e.scales() != Encoding.Scales.NONE).isPresent();
  }

  /** The product of each row of x alone. */
  private static Panels rowByRow(Kernels kernels, Tensor tensor, Panels x, int outputs) {
    Panels all = Panels.allocate(ARENA, x.rows(), outputs);
    Panels one = Panels.allocate(ARENA, 1, x.width());
    float[] row = new float[x.width()];
    float[] result = new float[outputs];
    for (int i = 0; i < x.rows(); i++) {
      x.copyRow(i, row);
      one.setRow(0, row);
      product(kernels, tensor, one, outputs).copyRow(0, result);
      all.setRow(i, result);
    }
    return all;
  }

  private static Panels product(Kernels kernels, Tensor tensor, Panels x, int outputs) {
    Panels y = Panels.allocate(ARENA, x.rows(), outputs);
    kernels.multiply(x, new Matrix[] {kernels.prepare(tensor, ARENA)}, new Panels[] {y});
    return y;
  }

  @Test
  void severalMatricesAtOnceAndRowMajorResults() {
    Panels x = RandomTensors.activations(ARENA, 3, 96, 1);
    List<Tensor> tensors =
        Stream.of(TensorType.Q4_1, TensorType.Q8_0, TensorType.F32)
            .map(type -> RandomTensors.matrix(type, 50, 96, 5))
            .toList();
    for (Kernels kernels : FAST) {
      Matrix[] matrices =
          tensors.stream().map(t -> kernels.prepare(t, ARENA)).toArray(Matrix[]::new);
      Panels[] results =
          IntStream.range(0, 3)
              .mapToObj(_ -> Panels.allocateRowMajor(ARENA, 3, 50))
              .toArray(Panels[]::new);
      kernels.multiply(x, matrices, results);
      for (int i = 0; i < 3; i++) {
        String what = "%s, matrix %d".formatted(kernels.name(), i);
        assertSame(product(kernels, tensors.get(i), x, 50), results[i], what);
      }
    }
  }

  @Test
  void norms() {
    for (int width : new int[] {1, 15, 16, 17, 32, 100, 576}) {
      for (int rows : ROWS) {
        Panels x = RandomTensors.activations(ARENA, rows, width, width);
        ParameterVector weight = weights(width);
        Panels expected = Panels.allocate(ARENA, rows, width);
        SCALAR.rmsNorm(x, weight, 1e-5f, expected);
        for (Kernels kernels : FAST) {
          String what = "%s: norm of %d x %d".formatted(kernels.name(), rows, width);
          Panels actual = Panels.allocate(ARENA, rows, width);
          kernels.rmsNorm(x, weight, 1e-5f, actual);
          assertSame(expected, actual, what);
          Panels inPlace = RandomTensors.activations(ARENA, rows, width, width);
          kernels.rmsNorm(inPlace, weight, 1e-5f, inPlace);
          assertSame(expected, inPlace, what + " in place");
        }
      }
    }
  }

  @Test
  void normsOfHeads() {
    for (int head : new int[] {16, 32, 64, 96, 256}) {
      ParameterVector weight = weights(head);
      for (int rows : ROWS) {
        Panels expected = RandomTensors.activations(ARENA, rows, 3 * head, head);
        SCALAR.rmsNorm(expected, weight, 1e-5f, expected);
        for (Kernels kernels : FAST) {
          Panels actual = RandomTensors.activations(ARENA, rows, 3 * head, head);
          kernels.rmsNorm(actual, weight, 1e-5f, actual);
          String what = "%s: norm of %d rows, heads of %d".formatted(kernels.name(), rows, head);
          assertSame(expected, actual, what);
        }
      }
      Panels y = Panels.allocate(ARENA, 1, head + 1);
      assertThrows(
          IllegalArgumentException.class,
          () -> SCALAR.rmsNorm(Panels.allocate(ARENA, 1, head + 1), weight, 1e-5f, y));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void gates(Activation activation) {
    for (int rows : ROWS) {
      Panels up = RandomTensors.activations(ARENA, rows, 70, 2);
      Panels expected = RandomTensors.activations(ARENA, rows, 70, 3);
      expected.set(0, 0, -1000);
      expected.set(0, 1, 1000);
      SCALAR.gate(expected, up, activation);
      for (Kernels kernels : FAST) {
        Panels actual = RandomTensors.activations(ARENA, rows, 70, 3);
        actual.set(0, 0, -1000);
        actual.set(0, 1, 1000);
        kernels.gate(actual, up, activation);
        assertSame(expected, actual, "%s: %s of %d".formatted(kernels.name(), activation, rows));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void gatedProducts(Activation activation) {
    Tensor gate = RandomTensors.matrix(TensorType.Q4_1, 96, 288, 8);
    Tensor up = RandomTensors.matrix(TensorType.Q8_0, 96, 288, 9);
    for (int rows : ROWS) {
      Panels x = RandomTensors.activations(ARENA, rows, 288, 5);
      for (Kernels kernels : FAST) {
        Panels expected = product(kernels, gate, x, 96);
        kernels.gate(expected, product(kernels, up, x, 96), activation);
        Matrix[] w = {kernels.prepare(gate, ARENA), kernels.prepare(up, ARENA)};
        Panels[] y = {Panels.allocate(ARENA, rows, 96), Panels.allocate(ARENA, rows, 96)};
        kernels.multiplyGated(x, w, y, activation);
        assertSame(expected, y[0], "%s: %d gated rows".formatted(kernels.name(), rows));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rotations(Rotation.Pairing pairing) {
    int[][] heads = {{64, 64}, {64, 32}, {128, 64}, {256, 256}, {24, 24}, {80, 40}};
    for (int[] head : heads) {
      for (int rows : ROWS) {
        Rotation rotation = new Rotation(ARENA, rows, head[0], head[1], pairing);
        float[] frequencies = new float[head[1] / 2];
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] = 1f / (1 + i);
        }
        for (int row = 0; row < rows; row++) {
          rotation.setRow(row, 3 + 7 * row, frequencies, 1.25f);
        }
        Panels expected = RandomTensors.activations(ARENA, rows, 3 * head[0], 21);
        SCALAR.rotate(expected, rotation);
        for (Kernels kernels : FAST) {
          Panels actual = RandomTensors.activations(ARENA, rows, 3 * head[0], 21);
          kernels.rotate(actual, rotation);
          assertSame(expected, actual, "%s: %d of %d".formatted(kernels.name(), head[1], head[0]));
        }
      }
    }
  }

  @Test
  void sums() {
    for (int width : new int[] {1, 32, 33, 576}) {
      for (int rows : ROWS) {
        Panels y = RandomTensors.activations(ARENA, rows, width, 22);
        Panels expected = RandomTensors.activations(ARENA, rows, width, 23);
        SCALAR.add(expected, y, 0.7f);
        for (Kernels kernels : FAST) {
          Panels actual = RandomTensors.activations(ARENA, rows, width, 23);
          kernels.add(actual, y, 0.7f);
          assertSame(expected, actual, "%s: %d x %d".formatted(kernels.name(), rows, width));
        }
      }
    }
  }

  static Stream<Arguments> attentions() {
    List<Arguments> cases = new ArrayList<>();
    for (KvCache.Precision precision : KvCache.Precision.values()) {
      cases.add(Arguments.of(new Attention.Heads(9, 3, 64, 0.125f, 0), 0, precision));
      cases.add(Arguments.of(new Attention.Heads(4, 1, 256, 0.0625f, 0), 20, precision));
      cases.add(Arguments.of(new Attention.Heads(4, 2, 24, 0.2f, 50), 7, precision));
      cases.add(Arguments.of(new Attention.Heads(2, 2, 80, 0.1f, 0), 33, precision));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("attentions")
  void attention(Attention.Heads heads, int window, KvCache.Precision precision) {
    // Two sequences in one batch: a long prefill that starts in mid-block, and a decode step.
    Panels expected = attend(SCALAR, heads, window, precision);
    for (Kernels kernels : FAST) {
      String what = "%s: %s window %d %s".formatted(kernels.name(), heads, window, precision);
      assertSame(expected, attend(create(kernels), heads, window, precision), what);
    }
  }

  /** Scratch for attention is sized by the first: a new set for every kind. */
  private static Kernels create(Kernels like) {
    return like == VECTOR
        ? new VectorKernels(TWO, ARENA)
        : KernelSelection.forced(KernelSelection.Set.EMITTED).create(TWO, ARENA);
  }

  private static Panels attend(
      Kernels kernels, Attention.Heads heads, int window, KvCache.Precision precision) {
    KvCache.Layout layout = new KvCache.Layout(2, heads.keyValues(), heads.dim(), precision);
    KvCache cache = new KvCache(ARENA, layout, 12);
    int rows = 70;
    Panels q = RandomTensors.activations(ARENA, rows + 1, heads.queries() * heads.dim(), 11);
    Panels k = RandomTensors.activations(ARENA, rows + 1, heads.keyValues() * heads.dim(), 12);
    Panels v = RandomTensors.activations(ARENA, rows + 1, heads.keyValues() * heads.dim(), 13);
    Panels result = Panels.allocate(ARENA, rows + 1, heads.queries() * heads.dim());
    int[] first = {7, 2, 9, 4};
    int[] second = {0, 11};
    Attention attention = new Attention(heads, cache, q, result, 128);
    for (int start : new int[] {0, 45}) {
      attention.begin(
          List.of(
              new Attention.Piece(0, start == 0 ? 45 : rows, start, first),
              new Attention.Piece(rows, 1, start == 0 ? 0 : 1, second)));
      attention.layer(1, window);
      kernels.store(attention, k, v);
    }
    kernels.attend(attention);
    return result;
  }

  @Test
  void elementaryFunctionsAreAccurate() {
    Random random = new Random(4);
    for (int i = 0; i < 200_000; i++) {
      float x = random.nextFloat(-87, 88);
      double exact = Math.exp(x);
      assertEquals(exact, Elementary.exp(x), 1.5 * Math.ulp((float) exact), () -> "exp " + x);
      assertEquals(Math.tanh(x / 8), Elementary.tanh(x / 8), 2e-7, () -> "tanh " + x / 8);
    }
    assertEquals(0, Elementary.exp(-200));
    assertEquals(1, Elementary.sigmoid(200));
  }

  private static ParameterVector weights(int width) {
    float[] weights = new float[width];
    for (int i = 0; i < width; i++) {
      weights[i] = 0.5f + i % 7;
    }
    return ParameterVector.of(ARENA, weights);
  }

  private static void assertSame(Panels expected, Panels actual, String what) {
    for (int row = 0; row < expected.rows(); row++) {
      for (int c = 0; c < expected.width(); c++) {
        float e = expected.get(row, c);
        float a = actual.get(row, c);
        if (Float.floatToIntBits(e) != Float.floatToIntBits(a)) {
          assertEquals(e, a, 0, "%s at (%d, %d)".formatted(what, row, c));
        }
      }
    }
  }
}
