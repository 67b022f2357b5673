package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.artifact.Sha256;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The digest of a text that is asked or answered, 43 characters of Base64url: its SHA-256, or where
 * the client sent a nonce, an HMAC with it, as a short text can be guessed from a plain digest. For
 * one thread.
 */
public final class ReceiptHash {
  /** What stands for the digest before the first one: 43 times A. */
  static final String NONE = "A".repeat(43);

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private final MessageDigest digest;
  private final @Nullable Mac mac;

  /**
   * @param nonce of the client, if it sent one
   */
  public ReceiptHash(Optional<ReceiptNonce> nonce) {
    digest = Sha256.start();
    mac = nonce.map(ReceiptHash::mac).orElse(null);
  }

  private static Mac mac(ReceiptNonce nonce) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(nonce.bytes(), "HmacSHA256"));
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new AssertionError("every Java platform has HMAC-SHA256", e);
    }
  }

  /** Adds bytes. */
  public ReceiptHash add(byte[] bytes) {
    if (mac == null) {
      digest.update(bytes);
    } else {
      mac.update(bytes);
    }
    return this;
  }

  /** The digest of all that was added so far. */
  public String text() {
    try {
      return BASE64.encodeToString(
          mac == null ? ((MessageDigest) digest.clone()).digest() : ((Mac) mac.clone()).doFinal());
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("the digests of the Java platform can be cloned", e);
    }
  }

  /** The plain digest of bytes. */
  public static String plain(byte[] bytes) {
    return BASE64.encodeToString(Sha256.start().digest(bytes));
  }

  /** The plain digest of a receipt, for the one that refers to it. */
  public static String plain(String jws) {
    return plain(jws.getBytes(US_ASCII));
  }
}
