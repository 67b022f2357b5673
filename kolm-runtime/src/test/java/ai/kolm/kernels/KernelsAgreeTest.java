package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

/** Vector kernels give the bits of the scalar kernels, on every operation and at awkward sizes. */
class KernelsAgreeTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final Kernels SCALAR = new ScalarKernels(ONE);
  private static final int[] ROWS = {1, 2, 3, 5, 8, 13, 40};

  private final Kernels vector = new VectorKernels(TWO, ARENA);

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

  private void assertProductsAgree(Tensor tensor, int rows) {
    int outputs = (int) tensor.shape().rows();
    Panels x = RandomTensors.activations(ARENA, rows, (int) tensor.shape().columns(), 7);
    Panels expected = product(SCALAR, tensor, x, outputs);
    assertSame(expected, product(vector, tensor, x, outputs), tensor + " x " + rows);
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
    Matrix[] matrices = tensors.stream().map(t -> vector.prepare(t, ARENA)).toArray(Matrix[]::new);
    Panels[] results =
        IntStream.range(0, 3)
            .mapToObj(_ -> Panels.allocateRowMajor(ARENA, 3, 50))
            .toArray(Panels[]::new);
    vector.multiply(x, matrices, results);
    for (int i = 0; i < 3; i++) {
      assertSame(product(SCALAR, tensors.get(i), x, 50), results[i], "matrix " + i);
    }
  }

  @Test
  void norms() {
    for (int width : new int[] {1, 15, 16, 17, 32, 100, 576}) {
      for (int rows : ROWS) {
        Panels x = RandomTensors.activations(ARENA, rows, width, width);
        float[] weight = weights(width);
        Panels expected = Panels.allocate(ARENA, rows, width);
        SCALAR.rmsNorm(x, weight, 1e-5f, expected);
        Panels actual = Panels.allocate(ARENA, rows, width);
        vector.rmsNorm(x, weight, 1e-5f, actual);
        assertSame(expected, actual, "norm of " + rows + " x " + width);
        vector.rmsNorm(x, weight, 1e-5f, x);
        assertSame(expected, x, "norm in place of " + rows + " x " + width);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void gates(Activation activation) {
    for (int rows : ROWS) {
      Panels up = RandomTensors.activations(ARENA, rows, 70, 2);
      Panels expected = RandomTensors.activations(ARENA, rows, 70, 3);
      Panels actual = RandomTensors.activations(ARENA, rows, 70, 3);
      expected.set(0, 0, -1000);
      actual.set(0, 0, -1000);
      expected.set(0, 1, 1000);
      actual.set(0, 1, 1000);
      SCALAR.gate(expected, up, activation);
      vector.gate(actual, up, activation);
      assertSame(expected, actual, activation + " of " + rows);
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
    assertSame(
        attend(SCALAR, heads, window, precision),
        attend(vector, heads, window, precision),
        heads + " window " + window + " " + precision);
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

  private static float[] weights(int width) {
    float[] weights = new float[Panels.roundUp(width)];
    for (int i = 0; i < width; i++) {
      weights[i] = 0.5f + i % 7;
    }
    return weights;
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
