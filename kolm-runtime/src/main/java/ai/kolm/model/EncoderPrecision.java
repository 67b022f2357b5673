package ai.kolm.model;

/**
 * How an encoder's products may be rounded, where the processor is faster then; elsewhere all are
 * exact.
 */
public enum EncoderPrecision {
  /** Single precision: the vectors of the reference, within the rounding of floats. */
  EXACT(32),
  /**
   * Weights of 12 bits and activations of 16, relative to the largest of 32, whose products are
   * summed exactly: a vector still does not depend on what is computed with it (D1).
   */
  WORDS(16),
  /**
   * Weights and activations of 8 bits, relative to the range of 64, whose products are summed
   * exactly (D1).
   */
  BYTES(8);

  private final int bits;

  EncoderPrecision(int bits) {
    this.bits = bits;
  }

  /**
   * The precision of {@code bits} bits.
   *
   * @throws IllegalArgumentException naming those that exist
   */
  public static EncoderPrecision of(int bits) {
    for (EncoderPrecision precision : values()) {
      if (precision.bits == bits) {
        return precision;
      }
    }
    throw new IllegalArgumentException("encoders compute with 32, 16 or 8 bits, not with " + bits);
  }
}
