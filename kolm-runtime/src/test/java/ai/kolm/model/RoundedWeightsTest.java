package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.WorkerPool;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights in 8 bits are what they were, within half a step and the rounding of the scale. */
final class RoundedWeightsTest {
  private static final int ROWS = 131;
  private static final int COLUMNS = 96;

  private static Tensor tensor(TensorType type, int columns, float[] values) {
    byte[] bytes = new byte[Math.toIntExact(type.byteSize(values.length))];
    MemorySegment data = MemorySegment.ofArray(bytes);
    Quantizer.of(type).encode(values, 0, data, 0, values.length / type.blockSize());
    return new Tensor("w", type, Shape.of(values.length / columns, columns), data);
  }

  private static float[] random() {
    Random random = new Random(3);
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(2, i / COLUMNS % 20 - 10));
    }
    java.util.Arrays.fill(values, 0, 32, 0); // a block of zeros
    return values;
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    BlockFormat.of(tensor.type())
        .decode(tensor.data(), 0, values, 0, values.length / tensor.type().blockSize());
    return values;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void roundedWeightsAreClose(TensorType type) {
    Tensor exact = tensor(type, COLUMNS, random());
    Tensor rounded;
    try (WorkerPool pool = new WorkerPool(2)) {
      assertTrue(RoundedWeights.canRound(exact));
      rounded = RoundedWeights.round(exact, pool);
    }
    assertEquals(TensorType.Q8_0, rounded.type());
    assertEquals(exact.shape(), rounded.shape());
    float[] expected = floats(exact);
    float[] actual = floats(rounded);
    for (int block = 0; block < expected.length; block += 32) {
      float largest = 0;
      for (int i = block; i < block + 32; i++) {
        largest = Math.max(largest, Math.abs(expected[i]));
      }
      // Half a step of largest / 127, and a scale of 11 bits; 2^-25 where that has fewer.
      double bound = largest * (0.5 / 127 + 0x1p-11 + 0x1p-22) + 127 * 0x1p-25;
      for (int i = block; i < block + 32; i++) {
        assertEquals(expected[i], actual[i], bound, "weight " + i);
      }
    }
  }

  @Test
  void onlyFloatsInWholeBlocksAreRounded() {
    assertFalse(RoundedWeights.canRound(tensor(TensorType.F32, 33, new float[66])));
    assertFalse(RoundedWeights.canRound(tensor(TensorType.Q8_0, 32, new float[64])));
  }

  @Test
  void aWeightThatIsNotFiniteIsRefused() {
    MemorySegment data = MemorySegment.ofArray(new byte[32 * Float.BYTES]);
    data.set(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 4, Float.NaN);
    Tensor broken = new Tensor("w", TensorType.F32, Shape.of(1, 32), data);
    try (WorkerPool pool = new WorkerPool(1)) {
      assertThrows(IllegalArgumentException.class, () -> RoundedWeights.round(broken, pool));
    }
  }
}
