package ai.kolm.kernels.x86;

import java.util.Locale;

/** The general-purpose registers, in the order of their numbers. */
public enum Register {
  RAX(0),
  RCX(1),
  RDX(2),
  RBX(3),
  RSP(4),
  RBP(5),
  RSI(6),
  RDI(7),
  R8(8),
  R9(9),
  R10(10),
  R11(11),
  R12(12),
  R13(13),
  R14(14),
  R15(15);

  private final int number;

  Register(int number) {
    this.number = number;
  }

  /** The number in encodings. */
  int number() {
    return number;
  }

  /** The register at {@code displacement} bytes from this one. */
  public Address at(int displacement) {
    return new Address(this, null, 1, displacement);
  }

  /** The memory at this register plus {@code scale} times {@code index}. */
  public Address at(Register index, int scale, int displacement) {
    return new Address(this, index, scale, displacement);
  }

  /** The name in lower case. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
