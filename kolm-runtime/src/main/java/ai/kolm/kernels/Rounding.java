package ai.kolm.kernels;

/**
 * What integers activations are rounded to for products with quantized weights, per block of 32
 * columns; {@link EmittedProduct} has the sums and what they lose.
 */
enum Rounding {
  /** 16-bit integers: every product, where results must not depend on the batch. */
  WORDS(Short.MAX_VALUE, Short.BYTES),
  /** 8-bit integers: prompts, on processors with dot products of bytes. */
  BYTES(Byte.MAX_VALUE, Byte.BYTES);

  private final int largest;
  private final int bytes;

  Rounding(int largest, int bytes) {
    this.largest = largest;
    this.bytes = bytes;
  }

  /** The largest magnitude. */
  int largest() {
    return largest;
  }

  /** Bytes of a block of one row. */
  int blockBytes() {
    return Encoding.BLOCK * bytes;
  }
}
