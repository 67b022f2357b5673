package ai.kolm.kernels;

import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPSLLD;

import ai.kolm.kernels.x86.Address;

/** What routines that read 16-bit floats of a {@link PackedMatrix} share: words become floats. */
abstract class FloatCode extends PackedCode {
  /** Bytes of the vectors: eight rows. */
  static final int WIDTH = 32;

  /** Columns of a word. */
  static final int PER_WORD = 2;

  private static final int MASK = 15;

  private final boolean halves;

  /**
   * @throws IllegalArgumentException if weights are no 16-bit floats
   */
  FloatCode(Encoding encoding) {
    super(encoding, WIDTH);
    halves =
        switch (encoding.quants()) {
          case HALVES -> true;
          case UPPER_HALVES -> false;
          default -> throw new IllegalArgumentException(encoding + " has no 16-bit floats");
        };
  }

  /** Sets register 15, which stays as it is. */
  final void constants() {
    if (!halves) {
      constant(v, MASK, 0xFFFF0000);
    }
  }

  /** Eight words to floats of the even column and of the odd one, to be put {@link #inOrder}. */
  final void floats(Address words, int even, int odd, int temporary) {
    if (halves) {
      shuffledHalves(words, even, odd, temporary);
    } else {
      v.load(even, words);
      v.op(VPAND, odd, even, MASK);
      v.immediate(VPSLLD, even, even, 16);
    }
  }

  /** Puts the rows of {@link #floats}, or of their sums, in order. */
  final void inOrder(int register) {
    if (halves) {
      unshuffle(register);
    }
  }
}
