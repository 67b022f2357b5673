package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

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
  private final int pairs;
  private final Pairing pairing;
  private final float[] cosines;
  private final float[] sines;

  /**
   * @param maxRows rows of the largest batch
   * @param headDim dimensions of a head
   * @param rotated how many of them turn, even; the others stay
   */
  public Rotation(int maxRows, int headDim, int rotated, Pairing pairing) {
    if (rotated < 2 || rotated > headDim || rotated % 2 != 0) {
      throw new IllegalArgumentException("%d of %d dimensions turn".formatted(rotated, headDim));
    }
    this.headDim = headDim;
    this.pairs = rotated / 2;
    this.pairing = pairing;
    this.cosines = new float[Math.multiplyExact(maxRows, pairs)];
    this.sines = new float[cosines.length];
  }

  /**
   * Sets the angles of a row: position times frequency, in single precision, as the reference does.
   *
   * @param frequencies radians per position, (pairs)
   * @param magnitude factor on the turned vectors (YaRN, LongRoPE); else 1
   */
  public void setRow(int row, int position, float[] frequencies, float magnitude) {
    for (int i = 0; i < pairs; i++) {
      float angle = position * frequencies[i];
      cosines[row * pairs + i] = (float) Math.cos(angle) * magnitude;
      sines[row * pairs + i] = (float) Math.sin(angle) * magnitude;
    }
  }

  void apply(Panels x, int from, int to) {
    int step = pairing == Pairing.HALVES ? 1 : 2;
    int distance = pairing == Pairing.HALVES ? pairs : 1;
    for (int row = from; row < to; row++) {
      for (int head = 0; head < x.width(); head += headDim) {
        for (int i = 0; i < pairs; i++) {
          long first = x.offset(row, head + i * step);
          long second = x.offset(row, head + i * step + distance);
          float a = x.data().get(JAVA_FLOAT, first);
          float b = x.data().get(JAVA_FLOAT, second);
          float cos = cosines[row * pairs + i];
          float sin = sines[row * pairs + i];
          x.data().set(JAVA_FLOAT, first, a * cos - b * sin);
          x.data().set(JAVA_FLOAT, second, b * cos + a * sin);
        }
      }
    }
  }
}
