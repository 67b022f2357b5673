package ai.kolm.kernels.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Assembles x86-64 machine code: the integer instructions and jumps that kernels need for their
 * loops. {@link Vectors} adds the vector instructions. Encodings are those of the Intel 64 and
 * IA-32 Architectures Software Developer's Manual, volume 2; of several that are possible, the
 * shortest that the GNU assembler would take, except that jumps always have 32 bits.
 *
 * <p>Not thread-safe.
 */
public final class Assembler {
  private byte[] code = new byte[1024];
  private int size;
  private final boolean listed;
  private final List<String> listing = new ArrayList<>();
  private final List<Jump> jumps = new ArrayList<>();

  /** An empty assembler. */
  public Assembler() {
    this(false);
  }

  /**
   * @param listed whether to keep the texts of instructions: for tests
   */
  Assembler(boolean listed) {
    this.listed = listed;
  }

  /** A place in the code to jump to. */
  public static final class Label {
    private int position = -1;
  }

  private record Jump(int at, Label target) {}

  /** Conditions of a jump, by their number. */
  public enum Condition {
    /** Equal, zero. */
    Z(4),
    /** Not equal, not zero. */
    NZ(5),
    /** Less, signed. */
    L(12),
    /** Greater or equal, signed. */
    GE(13);

    private final int number;

    Condition(int number) {
      this.number = number;
    }
  }

  /** The 64-bit arithmetic with two operands, by number in the opcode. */
  public enum Arithmetic {
    ADD(0),
    SUB(5),
    CMP(7);

    private final int number;

    Arithmetic(int number) {
      this.number = number;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** dst = src. */
  public void mov(Register dst, Register src) {
    list("mov %s, %s", dst, src);
    rex(true, src.number(), 0, dst.number());
    emit(0x89, direct(src.number(), dst.number()));
  }

  /** dst = the 64 bits at src. */
  public void mov(Register dst, Address src) {
    list("mov %s, qword ptr %s", dst, src);
    memory(true, 0x8B, dst.number(), src);
  }

  /** dst = the 32 bits at src, zero-extended. */
  public void movInt(Register dst, Address src) {
    list("mov %s, dword ptr %s", new Name32(dst), src);
    memory(false, 0x8B, dst.number(), src);
  }

  /** dst = value, zero-extended. */
  public void mov(Register dst, int value) {
    list("mov %s, %d", new Name32(dst), value);
    rex(false, 0, 0, dst.number());
    emit(0xB8 | (dst.number() & 7));
    emitInt(value);
  }

  /** The 32 bits at dst = value. */
  public void store(Address dst, Register value) {
    list("mov dword ptr %s, %s", dst, new Name32(value));
    memory(false, 0x89, value.number(), dst);
  }

  /** The 64 bits at dst = src. */
  public void mov(Address dst, Register src) {
    list("mov qword ptr %s, %s", dst, src);
    memory(true, 0x89, src.number(), dst);
  }

  /** dst = the address src. */
  public void lea(Register dst, Address src) {
    list("lea %s, %s", dst, src);
    memory(true, 0x8D, dst.number(), src);
  }

  /** dst = dst op src; CMP only sets flags. */
  public void arithmetic(Arithmetic op, Register dst, Register src) {
    list("%s %s, %s", op, dst, src);
    rex(true, src.number(), 0, dst.number());
    emit((op.number << 3) | 1, direct(src.number(), dst.number()));
  }

  /** dst = dst op the 64 bits at src. */
  public void arithmetic(Arithmetic op, Register dst, Address src) {
    list("%s %s, qword ptr %s", op, dst, src);
    memory(true, (op.number << 3) | 3, dst.number(), src);
  }

  /** dst = dst op value. */
  public void arithmetic(Arithmetic op, Register dst, int value) {
    list("%s %s, %d", op, dst, value);
    rex(true, 0, 0, dst.number());
    if (value == (byte) value) {
      emit(0x83, direct(op.number, dst.number()), value);
    } else if (dst == Register.RAX) {
      emit((op.number << 3) | 5);
      emitInt(value);
    } else {
      emit(0x81, direct(op.number, dst.number()));
      emitInt(value);
    }
  }

  /** dst += src. */
  public void add(Register dst, Register src) {
    arithmetic(Arithmetic.ADD, dst, src);
  }

  /** dst += value. */
  public void add(Register dst, int value) {
    arithmetic(Arithmetic.ADD, dst, value);
  }

  /** dst -= value. */
  public void sub(Register dst, int value) {
    arithmetic(Arithmetic.SUB, dst, value);
  }

  /** A label to be bound later. */
  public Label label() {
    return new Label();
  }

  /** A label for this place. */
  public Label here() {
    Label label = new Label();
    bind(label);
    return label;
  }

  /** The label means this place. */
  public void bind(Label label) {
    label.position = size;
  }

  /** Jumps if the condition holds. */
  public void jump(Condition condition, Label target) {
    emit(0x0F, 0x80 | condition.number);
    jumps.add(new Jump(size, target));
    emitInt(0);
  }

  /** Jumps. */
  public void jump(Label target) {
    emit(0xE9);
    jumps.add(new Jump(size, target));
    emitInt(0);
  }

  /** Fetches the cache line at {@code address} into all caches. */
  public void prefetch(Address address) {
    list("prefetcht0 byte ptr %s", address);
    rexMemory(false, 1, address);
    emit(0x0F, 0x18);
    modrm(1, address, 1);
  }

  /** Pushes a register. */
  public void push(Register register) {
    list("push %s", register);
    rex(false, 0, 0, register.number());
    emit(0x50 | (register.number() & 7));
  }

  /** Pops a register. */
  public void pop(Register register) {
    list("pop %s", register);
    rex(false, 0, 0, register.number());
    emit(0x58 | (register.number() & 7));
  }

  /** Processor identification: EAX, ECX in; EAX, EBX, ECX, EDX out. */
  public void cpuid() {
    list("cpuid");
    emit(0x0F, 0xA2);
  }

  /** Which register state the system saves: EDX:EAX = XCR[ECX]. */
  public void xgetbv() {
    list("xgetbv");
    emit(0x0F, 0x01, 0xD0);
  }

  /** Calls Linux: number in RAX, arguments in RDI, RSI; answer in RAX. Loses RCX and R11. */
  public void syscall() {
    list("syscall");
    emit(0x0F, 0x05);
  }

  /** A mark that an indirect branch may land here. */
  public void endbr64() {
    list("endbr64");
    emit(0xF3, 0x0F, 0x1E, 0xFA);
  }

  /** Clears the upper halves of all vector registers: code after this may use SSE. */
  public void vzeroupper() {
    list("vzeroupper");
    emit(0xC5, 0xF8, 0x77);
  }

  /** Returns to the caller. */
  public void ret() {
    list("ret");
    emit(0xC3);
  }

  /**
   * The code.
   *
   * @throws IllegalStateException if a label that is jumped to was never bound
   */
  public byte[] assemble() {
    for (Jump jump : jumps) {
      if (jump.target.position < 0) {
        throw new IllegalStateException("a jump at %d leads nowhere".formatted(jump.at));
      }
      putInt(jump.at, jump.target.position - (jump.at + Integer.BYTES));
    }
    return Arrays.copyOf(code, size);
  }

  /**
   * The instructions so far, except jumps, in the syntax of the manual; empty if none were kept.
   */
  List<String> listing() {
    return List.copyOf(listing);
  }

  /** The number of bytes so far. */
  int size() {
    return size;
  }

  // Encoding, also for Vectors.

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  void list(String format, Object... operands) {
    if (listed) {
      listing.add(format.formatted(operands));
    }
  }

  void emit(int... bytes) {
    if (size + bytes.length > code.length) {
      code = Arrays.copyOf(code, 2 * code.length);
    }
    for (int b : bytes) {
      code[size++] = (byte) b;
    }
  }

  void emitInt(int value) {
    emit(value, value >> 8, value >> 16, value >> 24);
  }

  private void putInt(int at, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      code[at + i] = (byte) (value >> (Byte.SIZE * i));
    }
  }

  /** The byte that names two registers. */
  static int direct(int reg, int rm) {
    return 0xC0 | ((reg & 7) << 3) | (rm & 7);
  }

  /**
   * The bytes that name a register and a place in memory.
   *
   * @param unit displacements that are a multiple of this are one byte, divided by it: 1 except in
   *     EVEX
   */
  void modrm(int reg, Address address, int unit) {
    int displacement = address.displacement();
    int base = address.base().number();
    int r = (reg & 7) << 3;
    boolean small = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
    // RBP and R13 as base without displacement would mean something else.
    int mode = displacement == 0 && (base & 7) != 5 ? 0x00 : small ? 0x40 : 0x80;
    if (address.index() != null || (base & 7) == 4) {
      int index = address.index() == null ? 4 : address.index().number() & 7;
      int scale = Integer.numberOfTrailingZeros(address.scale());
      emit(mode | r | 4, (scale << 6) | (index << 3) | (base & 7));
    } else {
      emit(mode | r | (base & 7));
    }
    if (mode == 0x40) {
      emit(displacement / unit);
    } else if (mode == 0x80) {
      emitInt(displacement);
    }
  }

  private void memory(boolean wide, int opcode, int reg, Address address) {
    rexMemory(wide, reg, address);
    emit(opcode);
    modrm(reg, address, 1);
  }

  private void rexMemory(boolean wide, int reg, Address address) {
    int index = address.index() == null ? 0 : address.index().number();
    rex(wide, reg, index, address.base().number());
  }

  private void rex(boolean wide, int reg, int index, int base) {
    int bits = (wide ? 8 : 0) | ((reg >> 3) << 2) | ((index >> 3) << 1) | (base >> 3);
    if (bits != 0) {
      emit(0x40 | bits);
    }
  }

  /** The lower half of a register. */
  private record Name32(Register register) {
    @Override
    public String toString() {
      String name = register.toString();
      return register.number() < 8 ? "e" + name.substring(1) : name + "d";
    }
  }
}
