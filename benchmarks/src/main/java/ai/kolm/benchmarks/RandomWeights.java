package ai.kolm.benchmarks;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Weight matrices to measure with: random bits with finite scales. */
final class RandomWeights {
  /** Rows that are random; the others repeat them. */
  private static final int DIFFERENT_ROWS = 256;

  private static final float SCALE = 0.01f;

  private RandomWeights() {}

  /**
   * Weights of a fixed seed.
   *
   * @throws IllegalArgumentException if it is not known where blocks of the type have their scales
   */
  static Tensor make(Arena arena, TensorType type, int rows, int columns) {
    MemorySegment data = arena.allocate(type.byteSize((long) rows * columns), 64);
    long rowBytes = type.byteSize(columns);
    int different = Math.min(rows, DIFFERENT_ROWS);
    byte[] bits = new byte[Math.toIntExact(different * rowBytes)];
    new Random(1).nextBytes(bits);
    MemorySegment.copy(bits, 0, data, ValueLayout.JAVA_BYTE, 0, bits.length);
    for (long at = 0; at < bits.length; at += type.blockBytes()) {
      scale(type, data, at);
    }
    for (int r = different; r < rows; r++) {
      MemorySegment.copy(data, (r % different) * rowBytes, data, r * rowBytes, rowBytes);
    }
    return new Tensor("weights", type, Shape.of(rows, columns), data);
  }

  private static void scale(TensorType type, MemorySegment data, long at) {
    switch (type) {
      case Q4_0, Q5_0, Q8_0, IQ4_NL -> half(data, at, SCALE);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        half(data, at, SCALE);
        half(data, at + Short.BYTES, SCALE);
      }
      case Q6_K -> half(data, at + type.blockBytes() - Short.BYTES, SCALE);
      case F16 -> half(data, at, SCALE * data.get(ValueLayout.JAVA_BYTE, at));
      default -> throw new IllegalArgumentException("no weights are made of type " + type);
    }
  }

  private static void half(MemorySegment data, long at, float value) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
  }
}
