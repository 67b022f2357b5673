package ai.kolm.model;

import java.util.Objects;

/**
 * How rotary frequencies are stretched for contexts longer than the model was first trained on.
 * Each turns the plain frequencies {@code base^(-2i/d)} into others and may change the magnitude of
 * the turned vectors. Computed in double precision where the reference is, and rounded once.
 */
public sealed interface RopeScaling {

  /**
   * Radians per position.
   *
   * @param base the base of the plain frequencies
   * @param rotated dimensions that turn; there are half as many frequencies
   * @param contextLength positions the model will be used with
   */
  float[] frequencies(float base, int rotated, int contextLength);

  /** Factor on the turned vectors. */
  default float magnitude() {
    return 1;
  }

  /** The plain frequencies. */
  static float[] plain(float base, int rotated) {
    float[] frequencies = new float[rotated / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / (float) Math.pow(base, (float) (2 * i) / rotated);
    }
    return frequencies;
  }

  /** No stretching. */
  record None() implements RopeScaling {
    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      return plain(base, rotated);
    }
  }

  /** All frequencies divided by one factor (Chen et al. 2023). */
  record Linear(float factor) implements RopeScaling {
    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      float[] frequencies = plain(base, rotated);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] /= factor;
      }
      return frequencies;
    }
  }

  /**
   * Each frequency divided by its own factor, as GGUF files of Llama 3 carry them ({@code
   * rope_freqs.weight}).
   */
  record Factors(float[] factors) implements RopeScaling {
    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      return divided(plain(base, rotated), factors);
    }
  }

  /**
   * Llama 3: long wavelengths divided by the factor, short ones kept, those between interpolated.
   *
   * @param factor the stretch
   * @param lowFactor wavelengths above original / lowFactor are stretched
   * @param highFactor wavelengths below original / highFactor are kept
   * @param originalContext positions the model was first trained on
   */
  record Llama3(float factor, float lowFactor, float highFactor, int originalContext)
      implements RopeScaling {
    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      float[] frequencies = plain(base, rotated);
      for (int i = 0; i < frequencies.length; i++) {
        double wavelength = 2 * Math.PI / frequencies[i];
        double smooth = (originalContext / wavelength - lowFactor) / (highFactor - lowFactor);
        double kept = Math.clamp(smooth, 0, 1);
        frequencies[i] = (float) ((1 - kept) * frequencies[i] / factor + kept * frequencies[i]);
      }
      return frequencies;
    }
  }

  /**
   * YaRN (Peng et al. 2023).
   *
   * @param factor the stretch
   * @param originalContext positions the model was first trained on
   * @param betaFast turns over the original context above which a frequency is kept; 32
   * @param betaSlow turns below which it is stretched fully; 1
   * @param magnitude factor on the turned vectors; {@link #magnitude(float)} unless the model says
   */
  record Yarn(float factor, int originalContext, float betaFast, float betaSlow, float magnitude)
      implements RopeScaling {

    /** The magnitude the paper recommends: 0.1 ln(factor) + 1. */
    public static float magnitude(float factor) {
      return factor <= 1 ? 1 : (float) (0.1 * Math.log(factor) + 1);
    }

    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      float[] frequencies = plain(base, rotated);
      double low = Math.max(Math.floor(pairThatTurns(betaFast, base, rotated)), 0);
      double high = Math.min(Math.ceil(pairThatTurns(betaSlow, base, rotated)), rotated - 1);
      double width = low == high ? 0.001 : high - low;
      for (int i = 0; i < frequencies.length; i++) {
        double stretched = Math.clamp((i - low) / width, 0, 1);
        frequencies[i] =
            (float) (stretched * frequencies[i] / factor + (1 - stretched) * frequencies[i]);
      }
      return frequencies;
    }

    /** The pair, not rounded, that makes {@code turns} turns over the original context. */
    private double pairThatTurns(double turns, float base, int rotated) {
      return rotated * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(base));
    }
  }

  /**
   * LongRoPE (Ding et al. 2024): one set of factors for contexts up to the original length, another
   * for longer ones. The set goes by the length the model is set up for, not by the prompt, so that
   * cached keys stay valid.
   *
   * @param shortFactors divisors, one per pair
   * @param longFactors divisors, one per pair
   * @param originalContext positions the model was first trained on
   * @param magnitude factor on the turned vectors
   */
  record LongRope(float[] shortFactors, float[] longFactors, int originalContext, float magnitude)
      implements RopeScaling {

    /** The magnitude where the model does not say: sqrt(1 + ln(factor) / ln(original)). */
    public static float magnitude(double factor, int originalContext) {
      return factor <= 1 ? 1 : (float) Math.sqrt(1 + Math.log(factor) / Math.log(originalContext));
    }

    @Override
    public float[] frequencies(float base, int rotated, int contextLength) {
      return divided(
          plain(base, rotated), contextLength > originalContext ? longFactors : shortFactors);
    }
  }

  private static float[] divided(float[] frequencies, float[] factors) {
    Objects.checkFromToIndex(0, frequencies.length, factors.length);
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= factors[i];
    }
    return frequencies;
  }
}
