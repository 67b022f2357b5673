package ai.kolm.trust;

import ai.kolm.trust.TrustException.Code;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A private key of Ed25519 (RFC 8032). Signing is deterministic: the same message, the same
 * signature. Immutable; no text of it shows the key.
 */
public final class SigningKey {
  private static final int BYTES = Ed25519.SECRET_KEY_SIZE;
  private static final String LABEL = "PRIVATE KEY";

  /** A PKCS#8 PrivateKeyInfo (RFC 8410) up to the key. */
  private static final byte[] PKCS8 = HexFormat.of().parseHex("302e020100300506032b657004220420");

  /** The same of version 2, where the public key follows. */
  private static final byte[] PKCS8_V2 =
      HexFormat.of().parseHex("3051020101300506032b657004220420");

  private static final byte[] V2_PUBLIC = HexFormat.of().parseHex("812100");

  private final byte[] seed;
  private final byte[] publicBytes;
  private final VerifyingKey publicKey;

  private SigningKey(byte[] seed) {
    this.seed = seed;
    publicKey = VerifyingKey.ofSeed(seed);
    publicBytes = publicKey.raw();
  }

  /** A new key. */
  public static SigningKey generate() {
    byte[] seed = new byte[BYTES];
    new SecureRandom().nextBytes(seed);
    return new SigningKey(seed);
  }

  /**
   * The key of a seed, the 32 bytes that RFC 8032 calls the private key.
   *
   * @throws IllegalArgumentException if there are not 32
   */
  public static SigningKey ofSeed(byte[] seed) {
    if (seed.length != BYTES) {
      throw new IllegalArgumentException("a private key has 32 bytes, not " + seed.length);
    }
    return new SigningKey(seed.clone());
  }

  /**
   * A key in PKCS#8, PEM, not encrypted: what {@code openssl genpkey -algorithm ed25519} writes.
   *
   * @param what is being read, for the message
   * @throws TrustException {@code key_invalid}
   */
  public static SigningKey ofPem(String pem, String what) throws TrustException {
    byte[] der = Pem.read(LABEL, pem, what);
    if (der.length == PKCS8.length + BYTES && startsWith(der, PKCS8)) {
      return new SigningKey(Arrays.copyOfRange(der, PKCS8.length, der.length));
    }
    int end = PKCS8_V2.length + BYTES;
    int length = end + V2_PUBLIC.length + VerifyingKey.BYTES;
    if (der.length == length && startsWith(der, PKCS8_V2)) {
      SigningKey key = new SigningKey(Arrays.copyOfRange(der, PKCS8_V2.length, end));
      byte[] stated = Arrays.copyOfRange(der, end + V2_PUBLIC.length, length);
      if (Arrays.equals(stated, key.publicBytes)) {
        return key;
      }
    }
    throw new TrustException(
        Code.KEY_INVALID, what + ": expected a private key of Ed25519 in PKCS#8, not encrypted");
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** The key in PKCS#8, PEM: a secret. */
  String pem() {
    byte[] der = Arrays.copyOf(PKCS8, PKCS8.length + BYTES);
    System.arraycopy(seed, 0, der, PKCS8.length, BYTES);
    return Pem.write(LABEL, der);
  }

  /** The public key. */
  public VerifyingKey publicKey() {
    return publicKey;
  }

  /** The signature of a message, 64 bytes. */
  public byte[] sign(byte[] message) {
    byte[] signature = new byte[VerifyingKey.SIGNATURE_BYTES];
    Ed25519.sign(seed, 0, publicBytes, 0, message, 0, message.length, signature, 0);
    return signature;
  }

  @Override
  public String toString() {
    return "private key of " + publicKey.id();
  }
}
