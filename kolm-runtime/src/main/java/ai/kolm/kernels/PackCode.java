package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VPADDD;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VPANDN;
import static ai.kolm.kernels.x86.VectorOp.VSHUFPS;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;

/**
 * Packs groups of 16 rows to the bytes that {@link MatrixPacker} makes of them, which a process
 * that has just started does slowly.
 *
 * <p>Four rows at a time go along their blocks. Sixteen bytes of each become the four words that
 * shall lie there, and four times four words are transposed.
 */
sealed class PackCode extends PackedCode permits PackSuperBlocks {
  /** The first row, as the file has it; changed. */
  static final int SOURCE = 0;

  /** Bytes of a row. */
  static final int STRIDE = 1;

  /** How many groups, at least 1; changed. */
  static final int GROUPS = 2;

  /** Where the first group goes; changed. */
  static final int TARGET = 3;

  /** Blocks of {@link #blockColumns} in a row, at least 1. */
  static final int BLOCKS = 4;

  /** Bytes of the scales of a last super-block that is not whole. */
  static final int LAST_SCALES = 5;

  /** Two slots: the result, {@link #ALL_FINITE} in each half if all weights are finite. */
  static final int FINITE = 6;

  /** The uppermost bit of every half word. */
  static final long ALL_FINITE = 0x8000_8000_8000_8000L;

  private static final int QUADS = 8;

  private static final int ALL_LANES = -1;

  /** Two slots for a vector of constants. */
  private static final int CONSTANTS = 10;

  /** Rows that go together. */
  static final int ROWS = 4;

  /** From a word of a row to the next. */
  static final int WORD = PackedMatrix.WORD_BYTES;

  // Registers: 0 to 3 are rows, then words; then come temporary ones.
  static final int T0 = 4;
  static final int T1 = 5;
  private static final int T2 = 6;
  private static final int T3 = 7;

  /** Bits that no number without finite value has set so far. */
  private static final int FINITE_BITS = 8;

  private static final int EXPONENT = 9;

  /** What makes an exponent of ones, and no other, set the bit above it. */
  private static final int STEP = 10;

  /** The first free one. */
  static final int FREE = 11;

  private static final int FIRST_HALF = FREE;

  PackCode(Encoding encoding) {
    super(encoding, ROWS * Integer.BYTES);
  }

  /**
   * The routine for an encoding.
   *
   * @param encoding one that {@link #packs}
   */
  static PackCode of(Encoding encoding) {
    return blockColumns(encoding) == Encoding.BLOCK
        ? new PackCode(encoding)
        : new PackSuperBlocks(encoding);
  }

  /** Whether there is a routine for an encoding. */
  static boolean packs(Encoding encoding) {
    return switch (encoding) {
      case Q4_0, Q4_1, Q8_0, Q4_K, COMPACT_Q6_K, F16, BF16, F32 -> true;
      default -> false;
    };
  }

  /** Columns of a block of the file; 32 where it has none. */
  static int blockColumns(Encoding encoding) {
    return switch (encoding) {
      case Q4_K, COMPACT_Q6_K -> Encoding.SUPER_BLOCK;
      default -> Encoding.BLOCK;
    };
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(R8, Parameters.slot(STRIDE));
    a.lea(R9, R8.at(R8, 2, 0));
    constant(v, FINITE_BITS, -1);
    constants();
    Assembler.Label group = a.here();
    a.mov(RCX, Encoding.GROUP / ROWS);
    a.mov(Parameters.slot(QUADS), RCX);
    Assembler.Label quad = a.here();
    a.mov(RSI, Parameters.slot(SOURCE));
    a.mov(RDX, Parameters.slot(TARGET));
    a.mov(R11, Parameters.slot(BLOCKS));
    rows();
    a.mov(RCX, Parameters.slot(SOURCE));
    a.lea(RCX, RCX.at(R8, ROWS, 0));
    a.mov(Parameters.slot(SOURCE), RCX);
    a.mov(RCX, Parameters.slot(TARGET));
    a.add(RCX, ROWS * Integer.BYTES);
    a.mov(Parameters.slot(TARGET), RCX);
    countDown(QUADS, quad);
    a.sub(RDX, WORD - ROWS * Integer.BYTES); // the last rows' words end behind the group
    a.mov(Parameters.slot(TARGET), RDX);
    countDown(GROUPS, group);
    v.store(Parameters.slot(FINITE), FINITE_BITS);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void countDown(int slot, Assembler.Label again) {
    a.mov(RCX, Parameters.slot(slot));
    a.sub(RCX, 1);
    a.mov(Parameters.slot(slot), RCX);
    a.jump(Condition.NZ, again);
  }

  /** Fills the registers that stay as they are. */
  void constants() {
    switch (encoding) {
      case Q4_0, Q8_0 -> {
        exponents(0x7C00, 0x0400, 0);
        lane(FIRST_HALF, 0, 0xFFFF);
      }
      case Q4_1 -> exponents(0x7C007C00, 0x04000400, 0);
      case F16 -> exponents(0x7C007C00, 0x04000400, ALL_LANES);
      case BF16 -> exponents(0x7F807F80, 0x00800080, ALL_LANES);
      case F32 -> exponents(0x7F800000, 0x00800000, ALL_LANES);
      default -> throw new IllegalStateException(encoding + " has no blocks that stay as they are");
    }
  }

  /**
   * What {@link #check} looks at.
   *
   * @param lane of the vectors it gets, or {@link #ALL_LANES}
   */
  final void exponents(int exponent, int step, int lane) {
    if (lane == ALL_LANES) {
      constant(v, EXPONENT, exponent);
    } else {
      lane(EXPONENT, lane, exponent);
    }
    constant(v, STEP, step);
  }

  /** One lane of {@code dst} = bits, the others 0. */
  private void lane(int dst, int lane, int bits) {
    a.mov(RAX, 0);
    a.mov(Parameters.slot(CONSTANTS), RAX);
    a.mov(Parameters.slot(CONSTANTS + 1), RAX);
    a.mov(RAX, bits);
    a.store(Parameters.slot(CONSTANTS).plus(lane * Integer.BYTES), RAX);
    v.load(dst, Parameters.slot(CONSTANTS));
  }

  /** Packs the R11 blocks of four rows at RSI to RDX, which ends behind their last words. */
  void rows() {
    int perSuperBlock = Encoding.SUPER_BLOCK / Encoding.BLOCK;
    // Scales go to RDX, quants to R10.
    Assembler.Label superBlock = a.here();
    Assembler.Label whole = a.label();
    Assembler.Label start = a.label();
    Assembler.Label end = a.label();
    a.mov(R10, RDX);
    a.mov(RAX, perSuperBlock);
    a.arithmetic(Arithmetic.CMP, R11, RAX);
    a.jump(Condition.GE, whole);
    a.mov(RAX, R11);
    a.arithmetic(Arithmetic.ADD, R10, Parameters.slot(LAST_SCALES));
    a.jump(start);
    a.bind(whole);
    a.add(R10, (int) PackedMatrix.scaleBytes(encoding, perSuperBlock));
    a.bind(start);
    a.arithmetic(Arithmetic.SUB, R11, RAX);
    Assembler.Label next = a.here();
    block(false);
    if (encoding.scales() == Encoding.Scales.SCALE) {
      a.sub(RAX, 1);
      a.jump(Condition.Z, end);
      block(true);
    }
    a.sub(RAX, 1);
    a.jump(Condition.NZ, next);
    a.bind(end);
    a.mov(RDX, R10);
    a.arithmetic(Arithmetic.CMP, R11, 0);
    a.jump(Condition.NZ, superBlock);
  }

  /**
   * A block whose words stay as they are.
   *
   * @param odd whether its scale goes above that of the block before
   */
  private void block(boolean odd) {
    int header =
        switch (encoding.scales()) {
          case SCALE -> Short.BYTES;
          case SCALE_AND_MINIMUM -> Integer.BYTES;
          default -> 0;
        };
    if (header > 0) {
      scales(odd);
    }
    for (int word = 0; word < words(); word += ROWS) {
      for (int row = 0; row < ROWS; row++) {
        v.load(row, at(row, header + word * Integer.BYTES));
        if (header == 0) {
          check(row);
        }
      }
      storeWords(R10, word * WORD);
    }
    a.add(R10, words() * WORD);
    a.add(RSI, header + words() * Integer.BYTES);
  }

  private void scales(boolean odd) {
    boolean minima = encoding.scales() == Encoding.Scales.SCALE_AND_MINIMUM;
    for (int row = 0; row < ROWS; row++) {
      v.load(row, at(row, 0));
      check(row);
      Address to = RDX.at(row * Integer.BYTES);
      if (odd) {
        v.storeWord(to.plus(Short.BYTES), row, 0);
      } else {
        if (!minima) {
          v.op(VPAND, row, row, FIRST_HALF);
        }
        v.storeFirst(to, row);
      }
    }
    if (minima || odd) {
      a.add(RDX, WORD);
    }
  }

  /** Bytes of one of the four rows. */
  static Address at(int row, int displacement) {
    return switch (row) {
      case 0 -> RSI.at(displacement);
      case 1 -> RSI.at(R8, 1, displacement);
      case 2 -> RSI.at(R8, 2, displacement);
      default -> RSI.at(R9, 1, displacement);
    };
  }

  final void check(int row) {
    check(row, T0);
  }

  /** Clears the uppermost bit of the half words that are not finite. */
  final void check(int row, int temporary) {
    v.op(VPAND, temporary, row, EXPONENT);
    v.op(VPADDD, temporary, temporary, STEP);
    v.op(VPANDN, FINITE_BITS, temporary, FINITE_BITS);
  }

  /** Stores the words of four rows, one below the other. */
  final void storeWords(Register target, int offset) {
    transpose();
    for (int word = 0; word < ROWS; word++) {
      v.store(target.at(offset + word * WORD), word);
    }
  }

  final void transpose() {
    v.op(VSHUFPS, T0, 0, 1, 0x44);
    v.op(VSHUFPS, T1, 2, 3, 0x44);
    v.op(VSHUFPS, T2, 0, 1, 0xEE);
    v.op(VSHUFPS, T3, 2, 3, 0xEE);
    v.op(VSHUFPS, 0, T0, T1, 0x88);
    v.op(VSHUFPS, 1, T0, T1, 0xDD);
    v.op(VSHUFPS, 2, T2, T3, 0x88);
    v.op(VSHUFPS, 3, T2, T3, 0xDD);
  }
}
