package ai.kolm.sampling;

/**
 * Random numbers without a state: each is a function of (seed, stream, position), so it does not
 * matter in which order, in which batch or on which thread they are asked for.
 *
 * <p>Philox4x32-10 of Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1,
 * 2, 3": ten rounds of multiplication and key mixing turn a 128-bit counter into 128 random bits;
 * the key is the seed, the counter is (position, stream).
 */
final class CounterRandom {
  private static final int ROUNDS = 10;
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int KEY_STEP_0 = 0x9E3779B9;
  private static final int KEY_STEP_1 = 0xBB67AE85;

  private CounterRandom() {}

  /** A number in [0, 1) with 53 random bits. */
  static double uniform(long seed, int stream, long position) {
    return (bits(position, stream, seed) >>> 11) * 0x1p-53;
  }

  /** The first 64 bits of the block at counter (low, high) under {@code key}; low word first. */
  static long bits(long low, long high, long key) {
    int c0 = (int) low;
    int c1 = (int) (low >>> 32);
    int c2 = (int) high;
    int c3 = (int) (high >>> 32);
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = Integer.toUnsignedLong(MULTIPLIER_0) * Integer.toUnsignedLong(c0);
      long product1 = Integer.toUnsignedLong(MULTIPLIER_1) * Integer.toUnsignedLong(c2);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c1 = (int) product1;
      c3 = (int) product0;
      k0 += KEY_STEP_0;
      k1 += KEY_STEP_1;
    }
    return Integer.toUnsignedLong(c0) | (long) c1 << 32;
  }
}
