package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleUnaryOperator;

/**
 * Rotary position embedding (Su et al. 2021) of one batch: turns pairs of dimensions of every head
 * by an angle that depends on the row's position and the pair. Filled once per batch, used by all
 * layers.
 */
public final class Rotation {

  /** Which dimensions of a head form pair i of n. */
  public enum Pairing {
    /** i and i + n: Hugging Face order. */
    HALVES,
    /** 2i and 2i + 1: the order of llama-family GGUF files. */
    ADJACENT
  }

  private final int headDim;
  private final int rotated;
  private final Pairing pairing;

  /** Of a row: angles as the dimensions of a head have them; see {@link #setRow}. */
  private final int rowFloats;

  private final MemorySegment cosines;
  private final MemorySegment sines;
  private final float[] angles;

  /**
   * @param arena for the angles
   * @param maxRows rows of the largest batch
   * @param headDim dimensions of a head
   * @param rotated how many of them turn, even; the others stay
   */
  public Rotation(Arena arena, int maxRows, int headDim, int rotated, Pairing pairing) {
    if (rotated < 2 || rotated > headDim || rotated % 2 != 0) {
      throw new IllegalArgumentException("%d of %d dimensions turn".formatted(rotated, headDim));
    }
    this.headDim = headDim;
    this.rotated = rotated;
    this.pairing = pairing;
    this.rowFloats = pairing == Pairing.HALVES ? rotated / 2 : rotated;
    long bytes = Math.multiplyExact((long) maxRows, rowFloats) * Float.BYTES;
    this.cosines = arena.allocate(bytes, Float.BYTES);
    this.sines = arena.allocate(bytes, Float.BYTES);
    this.angles = new float[rowFloats];
  }

  /**
   * Sets the angles of a row: position times frequency, in single precision, as the reference does.
   * Halves have an angle per pair; neighbours have it twice, with the first sine negative, so that
   * every dimension is {@code x * cos + (the other of its pair) * sin}.
   *
   * @param frequencies radians per position, (pairs)
   * @param magnitude factor on the turned vectors (YaRN, LongRoPE); else 1
   */
  public void setRow(int row, int position, float[] frequencies, float magnitude) {
    set(cosines, row, position, frequencies, magnitude, Math::cos, 1);
    set(sines, row, position, frequencies, magnitude, Math::sin, -1);
  }

  private void set(
      MemorySegment table,
      int index,
      int position,
      float[] frequencies,
      float magnitude,
      DoubleUnaryOperator function,
      int first) {
    for (int i = 0; i < rotated / 2; i++) {
      float angle = position * frequencies[i];
      float value = (float) function.applyAsDouble(angle) * magnitude;
      if (pairing == Pairing.HALVES) {
        angles[i] = value;
      } else {
        angles[2 * i] = first * value;
        angles[2 * i + 1] = value;
      }
    }
    MemorySegment.copy(angles, 0, table, JAVA_FLOAT, offset(index), rowFloats);
  }

  /** Bytes from the angles of a row to those of the next. */
  long stride() {
    return (long) rowFloats * Float.BYTES;
  }

  private long offset(int index) {
    return index * stride();
  }

  /** The address of the cosines of a row, from dimension {@code d} on. */
  long cosines(int index, int d) {
    return address(cosines, index, d);
  }

  /** The address of the sines of a row, from dimension {@code d} on. */
  long sines(int index, int d) {
    return address(sines, index, d);
  }

  private long address(MemorySegment table, int index, int d) {
    long at = offset(index) + (long) d * Float.BYTES;
    if (at < 0 || at + Panels.WIDTH * (long) Float.BYTES > table.byteSize()) {
      throw new IndexOutOfBoundsException("angles of row %d, dimension %d".formatted(index, d));
    }
    return table.address() + at;
  }

  int headDim() {
    return headDim;
  }

  int rotated() {
    return rotated;
  }

  Pairing pairing() {
    return pairing;
  }

  /** Whether what turns with one another are whole panels. */
  boolean wholePanels() {
    int together = pairing == Pairing.HALVES ? rotated / 2 : rotated;
    return headDim % Panels.WIDTH == 0 && together % Panels.WIDTH == 0;
  }

  void apply(Panels x, int from, int to) {
    boolean halves = pairing == Pairing.HALVES;
    int step = halves ? 1 : 2;
    int distance = halves ? rotated / 2 : 1;
    for (int r = from; r < to; r++) {
      for (int head = 0; head < x.width(); head += headDim) {
        for (int i = 0; i < rotated / 2; i++) {
          long first = x.offset(r, head + i * step);
          long second = x.offset(r, head + i * step + distance);
          long angle = offset(r) + (long) Float.BYTES * (halves ? i : 2 * i + 1);
          float cos = cosines.get(JAVA_FLOAT, angle);
          float sin = sines.get(JAVA_FLOAT, angle);
          float a = x.data().get(JAVA_FLOAT, first);
          float b = x.data().get(JAVA_FLOAT, second);
          x.data().set(JAVA_FLOAT, first, a * cos - b * sin);
          x.data().set(JAVA_FLOAT, second, b * cos + a * sin);
        }
      }
    }
  }
}
