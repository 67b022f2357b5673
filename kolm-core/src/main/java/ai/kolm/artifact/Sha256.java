package ai.kolm.artifact;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 by the JDK, which uses the processor's instructions for it. */
public final class Sha256 {
  static final int BYTES = 32;

  /** Where the processor has no such instructions, updates never become fast. */
  private static final int WARM_UP_UPDATES = 1_000;

  /** As {@link ChunkHasher} hashes: what is compiled is the loop over the blocks of an update. */
  private static final int WARM_UP_BYTES = ChunkHasher.BLOCK_BYTES;

  /** What an update takes with the processor's instructions, at most; without it is twice that. */
  private static final long FAST_NANOS = 2_500;

  /** So many fast updates in a row are no accident. */
  private static final int ENOUGH = 10;

  private Sha256() {}

  /**
   * Has the JVM compile SHA-256. Only compiled code uses the processor's instructions, and one long
   * update stays in the interpreter for half a second. Takes less than a tenth of a second: for a
   * thread beside the first steps of a start.
   */
  public static void warmUp() {
    MessageDigest digest = start();
    byte[] blocks = new byte[WARM_UP_BYTES];
    int fast = 0;
    for (int i = 0; i < WARM_UP_UPDATES && fast < ENOUGH; i++) {
      long start = System.nanoTime();
      digest.update(blocks, 0, WARM_UP_BYTES);
      fast = System.nanoTime() - start < FAST_NANOS ? fast + 1 : 0;
    }
  }

  /** A digest of nothing yet. For one thread. */
  public static MessageDigest start() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  static byte[] of(byte[] bytes) {
    return start().digest(bytes);
  }

  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
