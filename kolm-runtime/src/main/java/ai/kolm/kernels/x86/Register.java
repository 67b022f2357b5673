package ai.kolm.kernels.x86;

import java.util.Locale;

/** The general-purpose registers, in the order of their numbers. */
public enum Register {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

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
