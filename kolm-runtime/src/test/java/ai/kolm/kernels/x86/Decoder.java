package ai.kolm.kernels.x86;

/** Decodes machine code: the instructions that {@link Assembler} and {@link Vectors} know. */
final class Decoder {

  /** An instruction. */
  sealed interface Instruction {}

  /** Back to the caller. */
  record Return() implements Instruction {}

  /** Hints and marks. */
  record Nothing() implements Instruction {}

  /**
   * A jump.
   *
   * @param condition its number; -1 for none
   * @param target position in the code
   */
  record Jump(int condition, int target) implements Instruction {}

  /** Operations of general-purpose registers. */
  enum Operation {
    MOV,
    LEA,
    ADD,
    SUB,
    CMP
  }

  /**
   * An operation of general-purpose registers.
   *
   * @param wide 64 bits, else 32
   */
  record Scalar(Operation operation, Operand target, Operand source, boolean wide)
      implements Instruction {}

  /**
   * A vector instruction.
   *
   * @param width bytes of a vector
   * @param store whether the operand is what is written
   * @param register what the register field names
   * @param second what vvvv names
   * @param operand register or memory
   */
  record Vector(
      VectorOp op,
      int width,
      boolean store,
      int register,
      int second,
      Operand operand,
      int immediate)
      implements Instruction {}

  /**
   * An instruction of tiles.
   *
   * @param register what the register field names
   * @param second what vvvv names
   * @param operand register or memory
   */
  record Tile(AmxTiles.Op op, int register, int second, Operand operand) implements Instruction {}

  /** An operand. */
  sealed interface Operand {}

  /** A register by number. */
  record RegisterNumber(int register) implements Operand {}

  /** An immediate. */
  record Constant(long value) implements Operand {}

  /** Memory; index -1 for none. */
  record Place(int base, int index, int scale, int displacement) implements Operand {}

  private final byte[] code;
  private int at;

  // Fields of the prefix of the instruction being decoded.
  private int r;
  private int x;
  private int b;

  Decoder(byte[] code) {
    this.code = code;
  }

  int position() {
    return at;
  }

  private int next8() {
    return code[at++] & 0xFF;
  }

  private int next32() {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      value |= next8() << shift;
    }
    return value;
  }

  Instruction next() {
    int first = next8();
    return switch (first) {
      case 0xC5 -> {
        int p = next8();
        if (p == 0xF8 && code[at] == 0x77) {
          at++;
          yield new Nothing();
        }
        r = inverted(p, 7) << 3;
        x = 0;
        b = 0;
        yield vector(p & 3, 1, (~p >> 3) & 15, (p & 4) != 0 ? 32 : 16, false);
      }
      case 0xC4 -> {
        int p0 = next8();
        int p1 = next8();
        r = inverted(p0, 7) << 3;
        x = inverted(p0, 6) << 3;
        b = inverted(p0, 5) << 3;
        int second = (~p1 >> 3) & 15;
        yield isTile(p0 & 31, p1)
            ? tile(p1 & 3, second)
            : vector(p1 & 3, p0 & 31, second, (p1 & 4) != 0 ? 32 : 16, false);
      }
      case 0x62 -> {
        int p0 = next8();
        int p1 = next8();
        int p2 = next8();
        r = (inverted(p0, 7) << 3) | (inverted(p0, 4) << 4);
        x = inverted(p0, 6) << 3;
        b = inverted(p0, 5) << 3;
        require((p2 & 0x60) == 0x40, "512 bits");
        int second = ((~p1 >> 3) & 15) | (inverted(p2, 3) << 4);
        yield vector(p1 & 3, p0 & 7, second, 64, true);
      }
      case 0xF3 -> {
        require(next8() == 0x0F && next8() == 0x1E && next8() == 0xFA, "endbr64");
        yield new Nothing();
      }
      default -> integer(first);
    };
  }

  private static int inverted(int bits, int position) {
    return (~bits >> position) & 1;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("expected " + what);
    }
  }

  /** Whether the opcode that follows is one of tiles. */
  private boolean isTile(int map, int p1) {
    int opcode = code[at] & 0xFF;
    boolean narrow = (p1 & 0x84) == 0; // W0, 128 bits
    return narrow && map == 2 && (opcode == 0x49 || opcode == 0x4B || opcode == 0x5C);
  }

  private Instruction tile(int prefix, int second) {
    int opcode = next8();
    int modrm = code[at] & 0xFF;
    for (AmxTiles.Op op : AmxTiles.Op.values()) {
      boolean direct = op != AmxTiles.Op.LDTILECFG && op.opcode != 0x4B;
      if (op.opcode == opcode && op.prefix.number == prefix && (modrm >= 0xC0) == direct) {
        int register = (modrm >> 3) & 7;
        return new Tile(op, register, second, operand(1, false));
      }
    }
    throw new IllegalStateException("opcode of tiles " + Integer.toHexString(opcode));
  }

  private Instruction vector(int prefix, int map, int second, int width, boolean evex) {
    int opcode = next8();
    int extension = (code[at] >> 3) & 7;
    VectorOp found = find(prefix, map, opcode, extension);
    boolean store = found.form != VectorOp.Form.SHIFT && found.opcode != opcode;
    int register = ((code[at] >> 3) & 7) | r;
    Operand operand = operand(evex ? found.memoryBytes(width) : 1, evex);
    int immediate =
        switch (found.form) {
          case RVMI, RMI, MRI_HALF, MRI_WORD, SHIFT -> next8();
          default -> 0;
        };
    return new Vector(found, width, store, register, second, operand, immediate);
  }

  /** Stores have the opcode after that of the load. */
  private static VectorOp find(int prefix, int map, int opcode, int extension) {
    for (VectorOp op : VectorOp.values()) {
      boolean moves = op == VectorOp.VMOVUPS || op == VectorOp.VMOVSS;
      if (op.prefix.number == prefix
          && op.map == map
          && (op.opcode == opcode || (moves && op.opcode + 1 == opcode))
          && (op.form != VectorOp.Form.SHIFT || op.extension == extension)) {
        return op;
      }
    }
    throw new IllegalStateException("opcode " + Integer.toHexString(opcode));
  }

  /** What the byte after the opcode, and those that follow it, name besides the register. */
  private Operand operand(int unit, boolean evex) {
    int modrm = next8();
    int mode = modrm >> 6;
    int rm = modrm & 7;
    if (mode == 3) {
      return new RegisterNumber(rm | b | (evex ? x << 1 : 0));
    }
    int base = rm | b;
    int index = -1;
    int scale = 1;
    if (rm == 4) {
      int sib = next8();
      base = (sib & 7) | b;
      int number = ((sib >> 3) & 7) | x;
      index = number == 4 ? -1 : number;
      scale = 1 << (sib >> 6);
    }
    require(mode != 0 || (base & 7) != 5, "a base");
    int displacement =
        switch (mode) {
          case 0 -> 0;
          case 1 -> code[at++] * unit;
          default -> next32();
        };
    return new Place(base, index, scale, displacement);
  }

  private Instruction integer(int first) {
    int opcode = first;
    boolean wide = false;
    r = 0;
    x = 0;
    b = 0;
    if ((first & 0xF0) == 0x40) {
      wide = (first & 8) != 0;
      r = (first & 4) << 1;
      x = (first & 2) << 2;
      b = (first & 1) << 3;
      opcode = next8();
    }
    if (opcode >= 0xB8 && opcode <= 0xBF) {
      Operand target = new RegisterNumber((opcode & 7) | b);
      return new Scalar(Operation.MOV, target, new Constant(next32() & 0xFFFFFFFFL), false);
    }
    return switch (opcode) {
      case 0xC3 -> new Return();
      case 0xE9 -> new Jump(-1, next32() + at);
      case 0x0F -> twoBytes();
      case 0x89 -> toOperand(Operation.MOV, wide);
      case 0x01 -> toOperand(Operation.ADD, wide);
      case 0x29 -> toOperand(Operation.SUB, wide);
      case 0x39 -> toOperand(Operation.CMP, wide);
      case 0x8B -> toRegister(Operation.MOV, wide);
      case 0x8D -> toRegister(Operation.LEA, wide);
      case 0x03 -> toRegister(Operation.ADD, wide);
      case 0x2B -> toRegister(Operation.SUB, wide);
      case 0x3B -> toRegister(Operation.CMP, wide);
      case 0x05, 0x2D, 0x3D ->
          new Scalar(group(opcode >> 3), new RegisterNumber(0), new Constant(next32()), wide);
      case 0x83, 0x81 -> {
        Operation operation = group((code[at] >> 3) & 7);
        Operand target = operand(1, false);
        long value = opcode == 0x83 ? code[at++] : next32();
        yield new Scalar(operation, target, new Constant(value), wide);
      }
      default -> throw new IllegalStateException("opcode " + Integer.toHexString(opcode));
    };
  }

  private Instruction twoBytes() {
    int opcode = next8();
    if ((opcode & 0xF0) == 0x80) {
      // The operands of a sum are evaluated from left to right: position after the offset.
      return new Jump(opcode & 15, next32() + at);
    }
    require(opcode == 0x18, "a prefetch");
    operand(1, false);
    return new Nothing();
  }

  private static Operation group(int number) {
    return switch (number) {
      case 0 -> Operation.ADD;
      case 5 -> Operation.SUB;
      case 7 -> Operation.CMP;
      default -> throw new IllegalStateException("arithmetic " + number);
    };
  }

  private Instruction toOperand(Operation operation, boolean wide) {
    Operand source = new RegisterNumber(((code[at] >> 3) & 7) | r);
    return new Scalar(operation, operand(1, false), source, wide);
  }

  private Instruction toRegister(Operation operation, boolean wide) {
    Operand target = new RegisterNumber(((code[at] >> 3) & 7) | r);
    return new Scalar(operation, target, operand(1, false), wide);
  }
}
