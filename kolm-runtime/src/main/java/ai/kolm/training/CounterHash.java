package ai.kolm.training;

/**
 * Random numbers without a state: a hash of what they are for (SplitMix64's mixer: Steele, Lea and
 * Flood 2014), so that they depend on no order.
 */
final class CounterHash {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private CounterHash() {}

  /** 64 random bits for a stream of a seed, at an index. */
  static long of(long seed, long stream, long index) {
    return mix(mix(mix(seed + GOLDEN) + stream + GOLDEN) + index + GOLDEN);
  }

  /** A number of 24 bits, at least -1 and below 1. */
  static float signed(long seed, long stream, long index) {
    return (of(seed, stream, index) >> 40) * 0x1p-23f;
  }

  private static long mix(long x) {
    long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
