package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that decides which surrogate stands for a value. Without it nothing in a store leads
 * back. Its text shows nothing of it. Safe for use by many threads.
 */
public final class PseudonymKey {
  /** Length of a key in bytes. */
  public static final int BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";
  private static final int SCOPE_BYTES = 16;

  private final SecretKeySpec key;

  /**
   * @param bytes 32 of them
   */
  public PseudonymKey(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a key has 32 bytes, got " + bytes.length);
    }
    key = new SecretKeySpec(bytes, ALGORITHM);
  }

  /** A key that nobody has. */
  public static PseudonymKey random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new PseudonymKey(bytes);
  }

  /** A key for one purpose; it tells nothing about this one. */
  public PseudonymKey derive(String purpose) {
    return new PseudonymKey(mac(purpose.getBytes(UTF_8)));
  }

  /** The bytes of this key under a name, for another algorithm. */
  public byte[] bytes(String purpose) {
    return mac(purpose.getBytes(UTF_8));
  }

  /** HMAC-SHA256 of {@code text}. */
  public byte[] mac(byte[] text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac.doFinal(text);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new AssertionError("every Java platform has HMAC-SHA256", e);
    }
  }

  /** The same, in hexadecimal. */
  public String macHex(byte[] text) {
    return HexFormat.of().formatHex(mac(text));
  }

  /** The name of a conversation, in which one value has one surrogate. */
  public String scope(String conversation) {
    byte[] mac = mac(("scope\0" + conversation).getBytes(UTF_8));
    return HexFormat.of().formatHex(mac, 0, SCOPE_BYTES);
  }

  @Override
  public String toString() {
    return "PseudonymKey";
  }
}
