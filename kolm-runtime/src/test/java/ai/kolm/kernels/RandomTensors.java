package ai.kolm.kernels;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Tensors of random bits whose scales are finite, and of extreme ones. */
final class RandomTensors {
  private RandomTensors() {}

  static Tensor matrix(TensorType type, int rows, int columns, long seed) {
    Shape shape = Shape.of(rows, columns);
    MemorySegment data = Arena.ofAuto().allocate(type.byteSize(shape.elements()), 64);
    Random random = new Random(seed);
    for (long i = 0; i < data.byteSize(); i++) {
      data.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long block = 0; block < shape.elements() / type.blockSize(); block++) {
      long at = block * type.blockBytes();
      switch (type) {
        case F32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) random.nextGaussian());
        case F16 -> half(data, at, (float) random.nextGaussian());
        case BF16 -> {
          int bits = Float.floatToRawIntBits((float) random.nextGaussian());
          data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (bits >>> 16));
        }
        case Q4_0, Q5_0, Q8_0, IQ4_NL -> half(data, at, scale(random));
        case Q4_1, Q5_1, Q4_K, Q5_K -> {
          half(data, at, scale(random));
          half(data, at + 2, scale(random));
        }
        case Q2_K -> {
          half(data, at + 80, scale(random));
          half(data, at + 82, scale(random));
        }
        case Q3_K -> half(data, at + 108, scale(random));
        case Q6_K -> half(data, at + 208, scale(random));
        case MXFP4 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) (120 + random.nextInt(8)));
      }
    }
    return new Tensor("test." + type, type, shape, data);
  }

  /** Mostly of usual size, sometimes subnormal, zero or negative. */
  private static float scale(Random random) {
    return switch (random.nextInt(16)) {
      case 0 -> 0f;
      case 1 -> Float.float16ToFloat((short) random.nextInt(1, 1024));
      case 2 -> -0.01f * random.nextFloat();
      default -> 0.01f * random.nextFloat();
    };
  }

  private static void half(MemorySegment data, long at, float value) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
  }

  static Panels activations(Arena arena, int rows, int width, long seed) {
    Panels x = Panels.allocate(arena, rows, width);
    Random random = new Random(seed);
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < width; c++) {
        x.set(row, c, (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 100 : 1));
      }
    }
    return x;
  }
}
