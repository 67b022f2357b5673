package ai.kolm.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Every quantizer against the reference. */
class QuantizerTest {
  private static final int Q4_K_ROW = TensorType.Q4_K.blockSize();

  /** How much worse than the reference the search for scales may be: root mean square error. */
  private static final double Q4_K_TOLERANCE = 1.03;

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "Q4_0", "Q8_0"})
  void encodesEveryGoldenRowExactly(TensorType type) {
    MemorySegment expected = GoldenBlocks.encoded(type);
    MemorySegment actual = encode(type, GoldenBlocks.values("rows.bin"));
    assertEquals(expected.byteSize(), actual.byteSize());
    assertEquals(-1, expected.mismatch(actual), "first byte that differs");
  }

  @Test
  void q4KIsAsGoodAsTheReference() {
    float[] rows = GoldenBlocks.values("rows-Q4_K.bin");
    MemorySegment reference = GoldenBlocks.encoded(TensorType.Q4_K);
    MemorySegment ours = encode(TensorType.Q4_K, rows);
    double expected = rmse(rows, decode(TensorType.Q4_K, reference));
    double actual = rmse(rows, decode(TensorType.Q4_K, ours));
    System.out.printf("Q4_K on golden rows: RMSE %.3f of the reference's%n", actual / expected);
    assertTrue(actual <= expected * Q4_K_TOLERANCE, actual + " against " + expected);
    for (int from = 0; from < rows.length; from += Q4_K_ROW) {
      // A single row may be a little worse: the search weighs errors by magnitude.
      double rowExpected = rmse(rows, decode(TensorType.Q4_K, reference), from);
      double rowActual = rmse(rows, decode(TensorType.Q4_K, ours), from);
      assertTrue(
          rowActual <= rowExpected * 1.15,
          "row %d: %s against %s".formatted(from / Q4_K_ROW, rowActual, rowExpected));
    }
  }

  @Test
  void q4KSaysExactlyWhatItCanSay() {
    for (float value : new float[] {0f, -0f, 63f, -63f}) {
      float[] row = new float[Q4_K_ROW];
      Arrays.fill(row, value);
      float[] decoded = decode(TensorType.Q4_K, encode(TensorType.Q4_K, row));
      for (float x : decoded) {
        assertEquals(value, x, 0.001 * Math.abs(value));
      }
    }
    float[] onGrid = new float[Q4_K_ROW];
    for (int i = 0; i < onGrid.length; i++) {
      onGrid[i] = 63 * (i % 16) - 63 * 4;
    }
    assertArrayEquals(onGrid, decode(TensorType.Q4_K, encode(TensorType.Q4_K, onGrid)));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K"})
  void anErrorIsNeverLargerThanAStep(TensorType type) {
    Random random = new Random(7);
    float[] row = new float[4 * Q4_K_ROW];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) random.nextGaussian();
    }
    float[] decoded = decode(type, encode(type, row));
    double largest = 0;
    for (int i = 0; i < row.length; i++) {
      largest = Math.max(largest, Math.abs(row[i] - decoded[i]));
    }
    double allowed =
        switch (type.blockSize()) {
          case 1 -> type == TensorType.F32 ? 0 : 4.0 / 256;
          default -> type == TensorType.Q8_0 ? 4.0 / 127 / 2 : 4.0 / 7;
        };
    assertTrue(largest <= allowed, largest + " is more than " + allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "F32, NaN", "F16, NaN", "F16, -Infinity", "F16, 65520", "BF16, 3.4e38", "BF16, Infinity",
    "Q8_0, NaN", "Q8_0, Infinity", "Q8_0, 9e6", "Q4_0, NaN", "Q4_0, -6e5", "Q4_K, NaN",
    "Q4_K, 3e38", "Q4_K, -3e38"
  })
  void refusesWhatWouldNotBeFinite(TensorType type, float value) {
    float[] row = new float[Q4_K_ROW];
    row[17] = value;
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> encode(type, row));
    assertTrue(String.valueOf(e.getMessage()).contains("as " + type), e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K"})
  void saysWhatItCanWriteWhenAskedForMore(TensorType type) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Quantizer.of(type));
    assertEquals(
        "cannot quantize to " + type + "; possible: F32, F16, BF16, Q4_0, Q8_0, Q4_K",
        e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K"})
  void refusesToReadOrWriteOutsideWhatItIsGiven(TensorType type) {
    Quantizer quantizer = Quantizer.of(type);
    assertEquals(type, quantizer.type());
    float[] two = new float[2 * type.blockSize()];
    MemorySegment target = MemorySegment.ofArray(new byte[2 * type.blockBytes()]);
    assertThrows(IndexOutOfBoundsException.class, () -> quantizer.encode(two, 1, target, 0, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> quantizer.encode(two, 0, target, 1, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> quantizer.encode(two, 0, target, 0, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> quantizer.encode(two, -1, target, 0, 1));
    quantizer.encode(two, type.blockSize(), target, type.blockBytes(), 1);
  }

  private static MemorySegment encode(TensorType type, float[] values) {
    int blocks = values.length / type.blockSize();
    MemorySegment target = MemorySegment.ofArray(new byte[blocks * type.blockBytes()]);
    Quantizer.of(type).encode(values, 0, target, 0, blocks);
    return target;
  }

  private static float[] decode(TensorType type, MemorySegment blocks) {
    int count = (int) (blocks.byteSize() / type.blockBytes());
    float[] values = new float[count * type.blockSize()];
    BlockFormat.of(type).decode(blocks, 0, values, 0, count);
    return values;
  }

  private static double rmse(float[] expected, float[] actual) {
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      sum += Math.pow((double) expected[i] - actual[i], 2);
    }
    return Math.sqrt(sum / expected.length);
  }

  private static double rmse(float[] expected, float[] actual, int from) {
    return rmse(
        Arrays.copyOfRange(expected, from, from + Q4_K_ROW),
        Arrays.copyOfRange(actual, from, from + Q4_K_ROW));
  }
}
