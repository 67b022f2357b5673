package ai.kolm.artifact;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 by the JDK, which uses the processor's instructions for it. */
public final class Sha256 {
  static final int BYTES = 32;

  private static final int WARM_UP_UPDATES = 3_000;
  private static final int WARM_UP_BYTES = 256;

  private Sha256() {}

  /**
   * Has the JVM compile SHA-256. Only compiled code uses the processor's instructions, and one long
   * update stays in the interpreter for half a second. Takes about a tenth of a second: for a
   * thread beside the first steps of a start.
   */
  public static void warmUp() {
    MessageDigest digest = start();
    byte[] blocks = new byte[WARM_UP_BYTES];
    for (int i = 0; i < WARM_UP_UPDATES; i++) {
      digest.update(blocks, 0, WARM_UP_BYTES);
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
