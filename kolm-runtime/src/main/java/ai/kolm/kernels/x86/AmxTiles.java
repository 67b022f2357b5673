package ai.kolm.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.function.IntUnaryOperator;

/**
 * Instructions of AMX: eight registers that are tiles of up to 16 rows of 64 bytes. A routine says
 * how large they are when it begins and gives them up before it returns, so that no tiles are live
 * while Java runs.
 */
public final class AmxTiles {
  /** Registers there are. */
  public static final int REGISTERS = 8;

  /** The most rows of a tile. */
  public static final int ROWS = 16;

  /** The most bytes of a row. */
  public static final int ROW_BYTES = 64;

  /** Bytes of a configuration. */
  public static final int CONFIGURATION_BYTES = 64;

  // Where a configuration has what.
  private static final int PALETTE_AT = 0;
  private static final int ROW_BYTES_AT = 16;
  private static final int ROWS_AT = 48;

  private static final int MAP = 2;

  /** The instructions, by prefix and opcode. */
  enum Op {
    LDTILECFG(VectorOp.Prefix.NONE, 0x49),
    TILERELEASE(VectorOp.Prefix.NONE, 0x49),
    TILEZERO(VectorOp.Prefix.PF2, 0x49),
    TILELOADD(VectorOp.Prefix.PF2, 0x4B),
    TILESTORED(VectorOp.Prefix.PF3, 0x4B),
    TDPBF16PS(VectorOp.Prefix.PF3, 0x5C);

    final VectorOp.Prefix prefix;
    final int opcode;

    Op(VectorOp.Prefix prefix, int opcode) {
      this.prefix = prefix;
      this.opcode = opcode;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Assembler assembler;

  public AmxTiles(Assembler assembler) {
    this.assembler = assembler;
  }

  /**
   * Makes what {@link #configure} takes: tiles of whole rows.
   *
   * @param target {@value #CONFIGURATION_BYTES} bytes, zeros
   * @param rows of each register, 1 to 16
   */
  public static void describe(MemorySegment target, IntUnaryOperator rows) {
    target.set(ValueLayout.JAVA_BYTE, PALETTE_AT, (byte) 1); // the only one there is
    for (int tile = 0; tile < REGISTERS; tile++) {
      long bytes = ROW_BYTES_AT + (long) tile * Short.BYTES;
      target.set(ValueLayout.JAVA_SHORT_UNALIGNED, bytes, (short) ROW_BYTES);
      target.set(ValueLayout.JAVA_BYTE, (long) ROWS_AT + tile, (byte) rows.applyAsInt(tile));
    }
  }

  /** Tiles are zeros, as large as the {@value #CONFIGURATION_BYTES} bytes at {@code source} say. */
  public void configure(Address source) {
    assembler.list("%s %s", Op.LDTILECFG, source);
    encode(Op.LDTILECFG, 0, 0, source);
  }

  /** Gives all tiles up. */
  public void release() {
    assembler.list("%s", Op.TILERELEASE);
    encode(Op.TILERELEASE, 0, 0, 0);
  }

  /** dst = 0. */
  public void zero(int dst) {
    assembler.list("%s %s", Op.TILEZERO, name(dst));
    encode(Op.TILEZERO, dst, 0, 0);
  }

  /**
   * Loads a tile.
   *
   * @param source the first row; its index is the bytes from a row to the next
   */
  public void load(int dst, Address source) {
    assembler.list("%s %s, %s", Op.TILELOADD, name(dst), strided(source));
    encode(Op.TILELOADD, dst, 0, source);
  }

  /** Stores a tile; see {@link #load}. */
  public void store(Address target, int source) {
    assembler.list("%s %s, %s", Op.TILESTORED, strided(target), name(source));
    encode(Op.TILESTORED, source, 0, target);
  }

  /**
   * dst += a b: of bfloat16, in single precision. A row of a has pairs of columns, row k of b pairs
   * of rows 2k and 2k + 1.
   */
  public void multiplyAdd(int dst, int a, int b) {
    if (a >= REGISTERS || dst == a || dst == b || a == b) {
      throw new IllegalArgumentException("tiles %d, %d, %d".formatted(dst, a, b));
    }
    assembler.list("%s %s, %s, %s", Op.TDPBF16PS, name(dst), name(a), name(b));
    encode(Op.TDPBF16PS, dst, b, a);
  }

  private static String name(int tile) {
    return "tmm" + tile;
  }

  private static Address strided(Address address) {
    if (address.index() == null) {
      throw new IllegalArgumentException(address + " has no stride");
    }
    return address;
  }

  private void encode(Op op, int reg, int vvvv, int rm) {
    prefix(op, reg, vvvv, rm, 0);
    assembler.emit(Assembler.direct(reg, rm));
  }

  private void encode(Op op, int reg, int vvvv, Address memory) {
    Register index = memory.index();
    prefix(op, reg, vvvv, memory.base().number(), index == null ? 0 : index.number());
    assembler.modrm(reg, memory, 1);
  }

  private void prefix(Op op, int reg, int vvvv, int base, int index) {
    if (Math.max(reg, vvvv) >= REGISTERS) {
      throw new IllegalArgumentException(op + ": tiles end at " + (REGISTERS - 1));
    }
    int x = (~index >> 3) & 1;
    int b = (~base >> 3) & 1;
    assembler.emit(0xC4, 0x80 | (x << 6) | (b << 5) | MAP, ((~vvvv & 15) << 3) | op.prefix.number);
    assembler.emit(op.opcode);
  }
}
