package ai.kolm.kernels;

import ai.kolm.kernels.x86.Vectors;

/**
 * How machine code multiplies quants with activations: a 32-bit word holds four (of nibbles eight,
 * of 16-bit integers two) columns of one weight row, and its pieces are what one instruction takes.
 */
abstract sealed class IntegerDot permits PairDot, QuadDot {
  final Vectors v;
  final Encoding.Quants quants;

  /**
   * @throws IllegalArgumentException if quants are no integers
   */
  IntegerDot(Vectors v, Encoding.Quants quants) {
    if (quants.bits() > Byte.SIZE && quants != Encoding.Quants.WORDS) {
      throw new IllegalArgumentException(quants + " are no integers");
    }
    this.v = v;
    this.quants = quants;
  }

  /** Bits that {@link #value} needs in all lanes of a register. */
  abstract int mask();

  /** Pieces of a word. */
  abstract int pieces();

  /** The 32-bit word of a block of activations that meets piece {@code piece}. */
  abstract int activation(int word, int piece);

  /**
   * Decodes a piece of the word in {@code source}.
   *
   * @param dst a register for it
   * @return the register that has it: dst, or source where there is nothing to decode
   */
  abstract int value(int dst, int source, int mask, int piece);

  /**
   * sum += value * activation, of integers; = where {@code first}.
   *
   * @param activation a register
   * @param temporary may be lost; that of value, if no other product needs it
   */
  abstract void multiplyAdd(int sum, int value, int activation, int temporary, boolean first);
}
