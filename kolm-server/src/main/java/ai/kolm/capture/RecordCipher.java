package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM with a random nonce in front: what is encrypted belongs to a name, and cannot be put
 * under another. Safe for use by many threads.
 */
final class RecordCipher {
  private static final String ALGORITHM = "AES/GCM/NoPadding";
  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param key 32 bytes
   */
  RecordCipher(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  /** Encrypts {@code plain} for {@code name}; Base64. */
  String encrypt(byte[] plain, String name) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance(ALGORITHM);
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(name.getBytes(UTF_8));
      byte[] sealed = cipher.doFinal(plain);
      byte[] all = Arrays.copyOf(nonce, NONCE + sealed.length);
      System.arraycopy(sealed, 0, all, NONCE, sealed.length);
      return Base64.getEncoder().encodeToString(all);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /**
   * Decrypts what was encrypted for {@code name}.
   *
   * @throws GeneralSecurityException if it was not, or not with this key
   */
  byte[] decrypt(String text, String name) throws GeneralSecurityException {
    byte[] all;
    try {
      all = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("no Base64", e);
    }
    if (all.length < NONCE) {
      throw new GeneralSecurityException("too short");
    }
    Cipher cipher = Cipher.getInstance(ALGORITHM);
    cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, all, 0, NONCE));
    cipher.updateAAD(name.getBytes(UTF_8));
    return cipher.doFinal(all, NONCE, all.length - NONCE);
  }
}
