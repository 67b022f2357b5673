package ai.kolm.artifact;

/**
 * The CRC-32 of bytes of which the parts' CRC-32s are known, so that parts can be read by several
 * threads.
 *
 * <p>A CRC is the remainder of the bytes, as a polynomial over GF(2), by a fixed polynomial. Bytes
 * behind a part multiply its remainder by x^8 each; the remainder of the whole is that product plus
 * the remainder of the rest. The power is found by squaring, so it costs some 32 x 80 steps.
 */
final class Crc32Sum {
  /** The polynomial of ZIP, lowest power in the highest bit, without x^32. */
  private static final int POLYNOMIAL = 0xEDB88320;

  private static final int ONE = 1 << 31;
  private static final int X_TO_8 = ONE >>> 8;

  private Crc32Sum() {}

  /**
   * The CRC-32 of a part and what follows it.
   *
   * @param first of the part
   * @param second of what follows
   * @param secondLength in bytes
   */
  static int combine(int first, int second, long secondLength) {
    int power = ONE;
    int square = X_TO_8;
    for (long n = secondLength; n != 0; n >>>= 1) {
      if ((n & 1) != 0) {
        power = multiply(power, square);
      }
      square = multiply(square, square);
    }
    return multiply(power, first) ^ second;
  }

  private static int multiply(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) != 0 ? shifted >>> 1 ^ POLYNOMIAL : shifted >>> 1;
    }
    return product;
  }
}
