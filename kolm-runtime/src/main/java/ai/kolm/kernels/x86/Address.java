package ai.kolm.kernels.x86;

import org.jspecify.annotations.Nullable;

/**
 * A place in memory: base + scale * index + displacement.
 *
 * @param base a register
 * @param index another one, or none; never RSP, which means "no index"
 * @param scale 1, 2, 4 or 8
 * @param displacement in bytes
 */
public record Address(Register base, @Nullable Register index, int scale, int displacement) {
  /**
   * @throws IllegalArgumentException if no instruction can address that
   */
  public Address {
    if (index == Register.RSP || Integer.bitCount(scale) != 1 || scale < 1 || scale > 8) {
      throw new IllegalArgumentException("index %s, scale %d".formatted(index, scale));
    }
  }

  /** The place {@code bytes} further on. */
  public Address plus(int bytes) {
    return new Address(base, index, scale, Math.addExact(displacement, bytes));
  }

  /** In the syntax of the manual. */
  @Override
  public String toString() {
    String sum = index == null ? base.toString() : base + "+" + index + "*" + scale;
    return displacement == 0
        ? "[" + sum + "]"
        : "[%s%s%d]".formatted(sum, displacement < 0 ? "-" : "+", Math.abs((long) displacement));
  }
}
