package ai.kolm.receipt;

import java.util.Arrays;
import java.util.Base64;

/**
 * What a client sends so that its receipt is fresh, and tells nothing to those who do not have it.
 * Never written anywhere; its text shows only its digest.
 *
 * @param bytes 16 to 64 of them
 */
public record ReceiptNonce(byte[] bytes) {
  private static final int MIN = 16;
  private static final int MAX = 64;
  private static final int MAX_TEXT = 90;

  /** Checks the length. */
  public ReceiptNonce {
    if (bytes.length < MIN || bytes.length > MAX) {
      throw new IllegalArgumentException("a nonce has 16 to 64 bytes, got " + bytes.length);
    }
    bytes = bytes.clone();
  }

  /**
   * Reads the text of a header.
   *
   * @throws IllegalArgumentException if it is not Base64url, without padding, of 16 to 64 bytes
   */
  public static ReceiptNonce parse(String text) {
    byte[] bytes = text.length() > MAX_TEXT ? new byte[0] : Base64.getUrlDecoder().decode(text);
    if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)) {
      throw new IllegalArgumentException("a nonce is Base64url without padding");
    }
    return new ReceiptNonce(bytes);
  }

  /** The digest that a receipt carries. */
  public String digest() {
    return ReceiptHash.plain(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ReceiptNonce nonce && Arrays.equals(bytes, nonce.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return digest();
  }
}
