package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;

/**
 * MXFP4: 32 elements, {@code x = 2^(e - 127) * q}, the 4-bit floating point of the OCP Microscaling
 * Formats specification 1.0.
 *
 * <pre>
 * offset bytes
 *      0     1  e   E8M0      shared exponent
 *      1    16  q   32 x E2M1 low nibble of byte i: element i, high nibble: element i + 16
 * </pre>
 *
 * <p>As in GGUF's definition the levels are doubled and the scale halved, which keeps the levels
 * whole; and {@code e = 255}, NaN in the specification, is an exponent like the others.
 */
final class MXFP4Format extends BlockDecoder {
  private static final byte[] DOUBLED_LEVELS = {
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
  };

  MXFP4Format() {
    super(TensorType.MXFP4);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] target, int to) {
    float half = halfPowerOfTwo(Fields.u8(source, at));
    for (int i = 0; i < 16; i++) {
      int q = Fields.u8(source, at + 1 + i);
      target[to + i] = half * DOUBLED_LEVELS[q & 0xF];
      target[to + 16 + i] = half * DOUBLED_LEVELS[q >> 4];
    }
  }

  /** {@code 2^(e - 128)}: subnormal for e below 2. */
  private static float halfPowerOfTwo(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : (e - 1) << 23);
  }
}
