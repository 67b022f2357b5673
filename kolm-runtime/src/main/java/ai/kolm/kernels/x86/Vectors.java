package ai.kolm.kernels.x86;

import ai.kolm.kernels.x86.VectorOp.Form;
import org.jspecify.annotations.Nullable;

/**
 * Vector instructions of one width, encoded with VEX (16 and 32 bytes, registers 0 to 15) or EVEX
 * (64 bytes, registers 0 to 31), so that one generator writes a kernel for both.
 */
public final class Vectors {
  /** Bytes of the widest vectors that VEX can encode. */
  private static final int VEX_BYTES = 32;

  private final Assembler assembler;
  private final int width;
  private final boolean evex;

  /**
   * @param width of a vector in bytes: 16, 32 or 64
   */
  public Vectors(Assembler assembler, int width) {
    if (width != 16 && width != VEX_BYTES && width != 64) {
      throw new IllegalArgumentException("vectors of " + width + " bytes");
    }
    this.assembler = assembler;
    this.width = width;
    this.evex = width > VEX_BYTES;
  }

  /** Bytes of a vector. */
  public int width() {
    return width;
  }

  /** 32-bit lanes of a vector. */
  public int lanes() {
    return width / Float.BYTES;
  }

  /** How many registers there are. */
  public int registers() {
    return evex ? 32 : 16;
  }

  /** Whether this is EVEX. */
  public boolean evex() {
    return evex;
  }

  /** dst = a op b. */
  public void op(VectorOp op, int dst, int a, int b) {
    require(op, Form.RVM);
    list(op, register(dst), register(a), register(b));
    encode(op, dst, a, b, null);
  }

  /** dst = a op the memory at b. */
  public void op(VectorOp op, int dst, int a, Address b) {
    require(op, Form.RVM);
    list(op, register(dst), register(a), pointer(op, b));
    encode(op, dst, a, 0, b);
  }

  /** dst = op a. */
  public void op(VectorOp op, int dst, int a) {
    require(op, Form.RM, Form.RM_HALF, Form.RM_ELEMENT);
    int source =
        switch (op.form) {
          case RM_HALF -> width / 2;
          case RM_ELEMENT -> 16;
          default -> width;
        };
    list(op, register(dst), new Name(a, Math.max(16, source)));
    if (op == VectorOp.VMOVUPS && !evex && dst < 8 && a >= 8) {
      encode(op, op.opcode + 1, a, 0, dst, null); // as a store: a byte shorter
      return;
    }
    encode(op, dst, 0, a, null);
  }

  /** dst = op the memory at a. */
  public void op(VectorOp op, int dst, Address a) {
    require(op, Form.RM, Form.RM_HALF, Form.RM_ELEMENT);
    list(op, register(dst), pointer(op, a));
    encode(op, dst, 0, 0, a);
  }

  /** dst = a op b with an immediate. */
  public void op(VectorOp op, int dst, int a, int b, int immediate) {
    require(op, Form.RVMI);
    assembler.list(
        "%s %s, %s, %s, %d", op.text(evex), register(dst), register(a), register(b), immediate);
    encode(op, dst, a, b, null);
    assembler.emit(immediate);
  }

  /**
   * Reduces the lanes of a register to one, its halves pairwise, so that sums have one order. The
   * lowest four lanes then hold it.
   *
   * @param temporary a register that is lost
   */
  public void reduce(VectorOp op, int x, int temporary) {
    if (width > 16) {
      Vectors half = new Vectors(assembler, width / 2);
      immediate(evex ? VectorOp.VEXTRACTF64X4 : VectorOp.VEXTRACTF128, temporary, x, 1);
      half.op(op, x, x, temporary);
      half.reduce(op, x, temporary);
      return;
    }
    immediate(VectorOp.VPSHUFD, temporary, x, 0x4E);
    op(op, x, x, temporary);
    immediate(VectorOp.VPSHUFD, temporary, x, 0xB1);
    op(op, x, x, temporary);
  }

  /** dst = op a with an immediate: shifts, permutations, the upper half. */
  public void immediate(VectorOp op, int dst, int a, int immediate) {
    require(op, Form.SHIFT, Form.RMI, Form.MRI_HALF);
    switch (op.form) {
      case SHIFT -> {
        list(op, register(dst), register(a), immediate);
        encode(op, op.extension, dst, a, null);
      }
      case MRI_HALF -> {
        list(op, new Name(dst, width / 2), register(a), immediate);
        encode(op, a, 0, dst, null);
      }
      default -> {
        list(op, register(dst), register(a), immediate);
        encode(op, dst, 0, a, null);
      }
    }
    assembler.emit(immediate);
  }

  /** Loads a vector. */
  public void load(int dst, Address source) {
    op(VectorOp.VMOVUPS, dst, source);
  }

  /** dst = a. */
  public void copy(int dst, int a) {
    op(VectorOp.VMOVUPS, dst, a);
  }

  /** Stores a vector. */
  public void store(Address target, int source) {
    store(VectorOp.VMOVUPS, target, source);
  }

  /** Stores the lowest 32-bit element of a 128-bit vector. */
  public void storeFirst(Address target, int source) {
    store(VectorOp.VMOVSS, target, source);
  }

  /** Stores the lanes of a vector in half precision, rounded to nearest even. */
  public void storeHalves(Address target, int source) {
    store(VectorOp.VCVTPS2PH, target, source, 0);
  }

  /** Stores 16-bit integer {@code index} of a 128-bit vector. */
  public void storeWord(Address target, int source, int index) {
    store(VectorOp.VPEXTRW, target, source, index);
  }

  private void store(VectorOp op, Address target, int source, int immediate) {
    list(op, pointer(op, target), register(source), immediate);
    encode(op, source, 0, 0, target);
    assembler.emit(immediate);
  }

  private void store(VectorOp op, Address target, int source) {
    list(op, pointer(op, target), register(source));
    encode(op, op.opcode + 1, source, 0, 0, target);
  }

  /** dst = 0. */
  public void zero(int dst) {
    op(VectorOp.VPXOR, dst, dst, dst);
  }

  /** All lanes of dst = the 32 bits at source, as floats. */
  public void broadcast(int dst, Address source) {
    op(VectorOp.VBROADCASTSS, dst, source);
  }

  private static void require(VectorOp op, Form... forms) {
    for (Form form : forms) {
      if (op.form == form) {
        return;
      }
    }
    throw new IllegalArgumentException(op + " does not take such operands");
  }

  private void list(VectorOp op, Object first, Object second) {
    assembler.list("%s %s, %s", op.text(evex), first, second);
  }

  private void list(VectorOp op, Object first, Object second, Object third) {
    assembler.list("%s %s, %s, %s", op.text(evex), first, second, third);
  }

  private Name register(int number) {
    return new Name(number, width);
  }

  private Pointer pointer(VectorOp op, Address address) {
    return new Pointer(op.memoryBytes(width), address);
  }

  /** A vector register in the syntax of the manual. */
  private record Name(int number, int bytes) {
    @Override
    public String toString() {
      return (bytes == 64 ? "zmm" : bytes == 32 ? "ymm" : "xmm") + number;
    }
  }

  /** A place in memory with its size. */
  private record Pointer(int bytes, Address address) {
    @Override
    public String toString() {
      String size =
          switch (bytes) {
            case 2 -> "word";
            case 4 -> "dword";
            case 8 -> "qword";
            case 16 -> "xmmword";
            case 32 -> "ymmword";
            default -> "zmmword";
          };
      return size + " ptr " + address;
    }
  }

  private void encode(VectorOp op, int reg, int vvvv, int rm, @Nullable Address memory) {
    encode(op, op.opcode, reg, vvvv, rm, memory);
  }

  private void encode(
      VectorOp op, int opcode, int reg, int vvvv, int rm, @Nullable Address memory) {
    if (Math.max(reg, Math.max(vvvv, rm)) >= registers()) {
      throw new IllegalArgumentException("%s: registers end at %d".formatted(op, registers() - 1));
    }
    int base = memory == null ? rm : memory.base().number();
    int index =
        memory == null
            ? (rm >> 4) << 3 // EVEX: the highest bit of a register goes where an index would
            : memory.index() == null ? 0 : memory.index().number();
    if (evex) {
      evexPrefix(op, reg, vvvv, base, index);
    } else {
      vexPrefix(op, reg, vvvv, base, index);
    }
    assembler.emit(opcode);
    if (memory == null) {
      assembler.emit(Assembler.direct(reg, rm));
    } else {
      assembler.modrm(reg, memory, evex ? op.memoryBytes(width) : 1);
    }
  }

  /** A bit of a register's number as prefixes have it: inverted. */
  private static int bit(int number, int position) {
    return (~number >> position) & 1;
  }

  private void vexPrefix(VectorOp op, int reg, int vvvv, int base, int index) {
    int r = bit(reg, 3);
    int x = bit(index, 3);
    int b = bit(base, 3);
    int last = ((~vvvv & 15) << 3) | (width == VEX_BYTES ? 4 : 0) | op.prefix.number;
    if (x == 1 && b == 1 && op.map == 1 && !op.wide) {
      assembler.emit(0xC5, (r << 7) | last);
    } else {
      assembler.emit(0xC4, (r << 7) | (x << 6) | (b << 5) | op.map, (op.wide ? 0x80 : 0) | last);
    }
  }

  private void evexPrefix(VectorOp op, int reg, int vvvv, int base, int index) {
    int registers =
        (bit(reg, 3) << 7) | (bit(index, 3) << 6) | (bit(base, 3) << 5) | (bit(reg, 4) << 4);
    assembler.emit(
        0x62,
        registers | op.map,
        (op.wide ? 0x80 : 0) | ((~vvvv & 15) << 3) | 4 | op.prefix.number,
        0x40 | (bit(vvvv, 4) << 3));
  }
}
