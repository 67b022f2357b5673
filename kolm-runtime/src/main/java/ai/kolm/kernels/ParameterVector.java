package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A number for each column, weights of a norm or biases, in the heap for code compiled from Java
 * and outside it for machine code.
 */
public final class ParameterVector {
  private final float[] values;
  private final int width;
  private final MemorySegment memory;

  private ParameterVector(float[] values, int width, MemorySegment memory) {
    this.values = values;
    this.width = width;
    this.memory = memory;
  }

  /** Copies {@code weights}, (width), and fills up to whole panels with zeros. */
  public static ParameterVector of(Arena arena, float[] weights) {
    float[] padded = Arrays.copyOf(weights, Panels.roundUp(weights.length));
    MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, padded);
    return new ParameterVector(padded, weights.length, memory);
  }

  /** The number of weights. */
  public int width() {
    return width;
  }

  /** A copy, (width). */
  public float[] toArray() {
    return Arrays.copyOf(values, width);
  }

  /** Rounded up to whole panels with zeros. */
  float[] values() {
    return values;
  }

  /** The same. */
  MemorySegment memory() {
    return memory;
  }
}
