package ai.kolm.kernels.x86;

import java.util.Locale;

/**
 * The vector instructions the kernels use, with the fields of their encoding (Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2): mandatory prefix, opcode map, opcode, and
 * how many bytes a memory operand has.
 */
public enum VectorOp {
  // dst = a op b
  VADDPS(Form.RVM, Prefix.NONE, 1, 0x58),
  VMULPS(Form.RVM, Prefix.NONE, 1, 0x59),
  VSUBPS(Form.RVM, Prefix.NONE, 1, 0x5C),
  VMINPS(Form.RVM, Prefix.NONE, 1, 0x5D),
  VDIVPS(Form.RVM, Prefix.NONE, 1, 0x5E),
  VMAXPS(Form.RVM, Prefix.NONE, 1, 0x5F),
  VPADDD(Form.RVM, Prefix.P66, 1, 0xFE),
  VPSUBD(Form.RVM, Prefix.P66, 1, 0xFA),
  VPSUBB(Form.RVM, Prefix.P66, 1, 0xF8),
  VPMADDWD(Form.RVM, Prefix.P66, 1, 0xF5),
  VPACKSSDW(Form.RVM, Prefix.P66, 1, 0x6B),
  VPACKSSWB(Form.RVM, Prefix.P66, 1, 0x63),
  VPAND(Form.RVM, Prefix.P66, 1, 0xDB, "vpandd"),
  /** dst = not a and b. */
  VPANDN(Form.RVM, Prefix.P66, 1, 0xDF, "vpandnd"),
  VPXOR(Form.RVM, Prefix.P66, 1, 0xEF, "vpxord"),
  /** dst += a * b. */
  VFMADD231PS(Form.RVM, Prefix.P66, 2, 0xB8),
  /** dst = a * dst + b. */
  VFMADD213PS(Form.RVM, Prefix.P66, 2, 0xA8),
  /** dst -= a * b. */
  VFNMADD231PS(Form.RVM, Prefix.P66, 2, 0xBC),
  /** dst += the two products of 16-bit integers in each 32-bit lane; EVEX only. */
  VPDPWSSD(Form.RVM, Prefix.P66, 2, 0x52),
  /** dst += the four products of unsigned bytes of a and signed ones of b; EVEX only. */
  VPDPBUSD(Form.RVM, Prefix.P66, 2, 0x50),
  /** dst = b, then a, as bfloat16; EVEX only. */
  VCVTNE2PS2BF16(Form.RVM, Prefix.PF2, 2, 0x72),
  /** dst = the 16-bit integers of b that those of a number; EVEX only. */
  VPERMW(Form.RVM, Prefix.P66, 2, 0x8D, true),

  // dst = op a
  VMOVUPS(Form.RM, Prefix.NONE, 1, 0x10),
  VCVTDQ2PS(Form.RM, Prefix.NONE, 1, 0x5B),
  VCVTPS2DQ(Form.RM, Prefix.P66, 1, 0x5B),
  VSQRTPS(Form.RM, Prefix.NONE, 1, 0x51),
  /** Half to single precision; the source has half the width. */
  VCVTPH2PS(Form.RM_HALF, Prefix.P66, 2, 0x13),
  VBROADCASTSS(Form.RM_ELEMENT, Prefix.P66, 2, 0x18),
  /** The lowest element; 128-bit only. */
  VMOVSS(Form.RM_ELEMENT, Prefix.PF3, 1, 0x10),

  // with an immediate byte
  VSHUFPS(Form.RVMI, Prefix.NONE, 1, 0xC6),
  VPERMQ(Form.RMI, Prefix.P66, 3, 0x00, true),
  VPSHUFD(Form.RMI, Prefix.P66, 1, 0x70),
  /** Shuffles the lower four 16-bit integers of every 128 bits. */
  VPSHUFLW(Form.RMI, Prefix.PF2, 1, 0x70),
  /** Shuffles the upper four 16-bit integers of every 128 bits. */
  VPSHUFHW(Form.RMI, Prefix.PF3, 1, 0x70),
  /** The upper half of a 256-bit register; VEX only. */
  VEXTRACTF128(Form.MRI_HALF, Prefix.P66, 3, 0x19),
  /** The upper half of a 512-bit register; EVEX only. */
  VEXTRACTF64X4(Form.MRI_HALF, Prefix.P66, 3, 0x1B, true),
  /** Single to half precision; the target has half the width, the byte says how to round. */
  VCVTPS2PH(Form.MRI_HALF, Prefix.P66, 3, 0x1D),
  /** One 16-bit integer to memory; 128-bit only. */
  VPEXTRW(Form.MRI_WORD, Prefix.P66, 3, 0x15),

  // shifts by an immediate count
  VPSRLW(Form.SHIFT, Prefix.P66, 1, 0x71, 2),
  VPSRAW(Form.SHIFT, Prefix.P66, 1, 0x71, 4),
  VPSLLW(Form.SHIFT, Prefix.P66, 1, 0x71, 6),
  VPSRLD(Form.SHIFT, Prefix.P66, 1, 0x72, 2),
  VPSRAD(Form.SHIFT, Prefix.P66, 1, 0x72, 4),
  VPSLLD(Form.SHIFT, Prefix.P66, 1, 0x72, 6);

  /** What the operands are. */
  enum Form {
    /** Register, register, register or memory. */
    RVM,
    /** Register, register or memory. */
    RM,
    /** The source has half the width. */
    RM_HALF,
    /** The source is one 32-bit element. */
    RM_ELEMENT,
    RVMI,
    RMI,
    /** Register to a register or memory of half the width, and a byte. */
    MRI_HALF,
    /** Register to 16 bits of memory, and a byte that says which. */
    MRI_WORD,
    /** Register, register, byte; the opcode goes on in the register field. */
    SHIFT
  }

  /** The mandatory prefix, as its number in VEX and EVEX. */
  enum Prefix {
    NONE(0),
    P66(1),
    PF3(2),
    PF2(3);

    final int number;

    Prefix(int number) {
      this.number = number;
    }
  }

  final Form form;
  final Prefix prefix;
  final int map;
  final int opcode;
  final int extension;
  final boolean wide;
  private final String evexName;

  VectorOp(Form form, Prefix prefix, int map, int opcode) {
    this(form, prefix, map, opcode, 0, false, "");
  }

  VectorOp(Form form, Prefix prefix, int map, int opcode, String evexName) {
    this(form, prefix, map, opcode, 0, false, evexName);
  }

  VectorOp(Form form, Prefix prefix, int map, int opcode, boolean wide) {
    this(form, prefix, map, opcode, 0, wide, "");
  }

  VectorOp(Form form, Prefix prefix, int map, int opcode, int extension) {
    this(form, prefix, map, opcode, extension, false, "");
  }

  VectorOp(
      Form form, Prefix prefix, int map, int opcode, int extension, boolean wide, String evexName) {
    this.form = form;
    this.prefix = prefix;
    this.map = map;
    this.opcode = opcode;
    this.extension = extension;
    this.wide = wide;
    this.evexName = evexName;
  }

  /** The name in the syntax of the manual. */
  Object text(boolean evex) {
    return evex && !evexName.isEmpty() ? evexName : this;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Bytes of a memory operand for vectors of {@code width} bytes. */
  int memoryBytes(int width) {
    return switch (form) {
      case RM_HALF, MRI_HALF -> width / 2;
      case RM_ELEMENT -> Float.BYTES;
      case MRI_WORD -> Short.BYTES;
      case RVM, RM, RVMI, RMI, SHIFT -> width;
    };
  }
}
